package gcptest_test

import (
	"testing"

	"google.golang.org/api/networkservices/v1"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const (
	templates   = "/modelarmor/v1/" + parent + "/templates"
	screensAll  = `{"filterConfig":{"piAndJailbreakFilterSettings":{"filterEnforcement":"ENABLED","confidenceLevel":"LOW_AND_ABOVE"},"sdpSettings":{"basicConfig":{"filterEnforcement":"ENABLED"}},"raiSettings":{"raiFilters":[{"filterType":"DANGEROUS"}]}},"templateMetadata":{"enforcementType":"INSPECT_ONLY"}}`
	floorOfHere = "/modelarmor/v1/projects/agents-1/locations/global/floorSetting"
)

func TestModelArmorRefusals(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	if _, err := raw(t, s, "POST", templates+"?templateId=valid", screensAll); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, body, field string }{
		{"no filters", `{}`, "filter_config"},
		{"a level that does not exist", `{"filterConfig":{"piAndJailbreakFilterSettings":{"confidenceLevel":"LOW"}}}`, "filter_config.pi_and_jailbreak_filter_settings.confidence_level"},
		{"two ways to find sensitive data", `{"filterConfig":{"sdpSettings":{"basicConfig":{},"advancedConfig":{}}}}`, "filter_config.sdp_settings.basic_config"},
		{"a filter without a type", `{"filterConfig":{"raiSettings":{"raiFilters":[{}]}}}`, "filter_config.rai_settings.rai_filters[0].filter_type"},
		{"an enforcement that does not exist", `{"filterConfig":{},"templateMetadata":{"enforcementType":"AUDIT"}}`, "template_metadata.enforcement_type"},
		{"an inspection template in another form", `{"filterConfig":{"sdpSettings":{"advancedConfig":{"inspectTemplate":"t"}}}}`, "filter_config.sdp_settings.advanced_config.inspect_template"},
		{"an output-only field", `{"filterConfig":{},"createTime":"2026-11-01T00:00:00Z"}`, "create_time"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := raw(t, s, "POST", templates+"?templateId=refused", test.body)
			checkRefused(t, err, test.field)
		})
	}
	_, err := raw(t, s, "PATCH", templates+"/valid", screensAll)
	checkRefused(t, err, "update_mask")
}

func TestModelArmorTemplateIsUsed(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{Polls: 2})
	extension := &networkservices.AuthzExtension{
		Service: "modelarmor.us-central1.rep.googleapis.com", Timeout: "1s",
		Metadata: []byte(`{"model_armor_settings":"[{\"request_template_id\":\"` + parent + `/templates/screen\"}]"}`),
	}
	service := networkServices(t, s).AuthzExtensions
	_, err := service.Create(parent, extension).AuthzExtensionId("screen").Do()
	checkStatus(t, err, "NOT_FOUND")
	created, err := raw(t, s, "POST", templates+"?templateId=screen", screensAll) // nothing here is long-running
	if err != nil || created["name"] != parent+"/templates/screen" {
		t.Fatalf("created: %v, %v", created, err)
	}
	if _, err := service.Create(parent, extension).AuthzExtensionId("screen").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Get(parent + "/authzExtensions/screen").Do(); err == nil {
		t.Error("the extension is there at once, though its operation is to take two polls")
	}
	if _, err := service.Get(parent + "/authzExtensions/screen").Do(); err != nil {
		t.Error(err)
	}
	_, err = raw(t, s, "DELETE", templates+"/screen", "")
	checkStatus(t, err, "FAILED_PRECONDITION")
}

func TestFloorSettingIsAlwaysThere(t *testing.T) {
	s := gcptest.Start(t, gcptest.Options{})
	if _, err := raw(t, s, "GET", floorOfHere, ""); err != nil {
		t.Fatal(err)
	}
	_, err := raw(t, s, "PATCH", floorOfHere, `{"filterConfig":{},"aiPlatformFloorSetting":{"inspectOnly":true,"inspectAndBlock":true}}`)
	checkRefused(t, err, "ai_platform_floor_setting.inspect_only")
	if _, err := raw(t, s, "PATCH", floorOfHere, `{"filterConfig":{},"enableFloorSettingEnforcement":true}`); err != nil {
		t.Fatal(err)
	}
	if got, err := raw(t, s, "GET", floorOfHere, ""); err != nil || got["enableFloorSettingEnforcement"] != true {
		t.Errorf("the setting is %v, %v", got, err)
	}
	if names := s.Names(); len(names) != 0 {
		t.Errorf("what is always there is counted: %q", names)
	}
}
