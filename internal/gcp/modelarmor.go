package gcp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// armorTemplate is google.cloud.modelarmor.v1.Template, of which Google publishes no REST client in Go. Every call of the API is
// answered when it is done. A pointer tells a zero value that is sent from one that is not.
type armorTemplate struct {
	Name             string                 `json:"name,omitempty"`
	Labels           map[string]string      `json:"labels,omitempty"`
	FilterConfig     *armorFilters          `json:"filterConfig,omitempty"`
	TemplateMetadata *armorTemplateMetadata `json:"templateMetadata,omitempty"`
	CreateTime       string                 `json:"createTime,omitempty"`
	UpdateTime       string                 `json:"updateTime,omitempty"`
	ForceSendFields  []string               `json:"-"`
}

type armorFilters struct {
	RAISettings                  *armorRAI       `json:"raiSettings,omitempty"`
	SDPSettings                  *armorSDP       `json:"sdpSettings,omitempty"`
	PIAndJailbreakFilterSettings *armorJailbreak `json:"piAndJailbreakFilterSettings,omitempty"`
	MaliciousURIFilterSettings   *armorSwitch    `json:"maliciousUriFilterSettings,omitempty"`
}

type armorRAI struct {
	RAIFilters []armorRAIFilter `json:"raiFilters"`
}

type armorRAIFilter struct {
	FilterType      string  `json:"filterType"`
	ConfidenceLevel *string `json:"confidenceLevel,omitempty"`
}

type armorSDP struct {
	BasicConfig    *armorSwitch      `json:"basicConfig,omitempty"`
	AdvancedConfig *armorSDPAdvanced `json:"advancedConfig,omitempty"`
}

type armorSDPAdvanced struct {
	InspectTemplate    *string `json:"inspectTemplate,omitempty"`
	DeidentifyTemplate *string `json:"deidentifyTemplate,omitempty"`
}

type armorSwitch struct {
	FilterEnforcement *string `json:"filterEnforcement,omitempty"`
}

type armorJailbreak struct {
	FilterEnforcement *string `json:"filterEnforcement,omitempty"`
	ConfidenceLevel   *string `json:"confidenceLevel,omitempty"`
}

type armorTemplateMetadata struct {
	IgnorePartialInvocationFailures     *bool           `json:"ignorePartialInvocationFailures,omitempty"`
	CustomPromptSafetyErrorCode         *int32          `json:"customPromptSafetyErrorCode,omitempty"`
	CustomPromptSafetyErrorMessage      *string         `json:"customPromptSafetyErrorMessage,omitempty"`
	CustomLLMResponseSafetyErrorCode    *int32          `json:"customLlmResponseSafetyErrorCode,omitempty"`
	CustomLLMResponseSafetyErrorMessage *string         `json:"customLlmResponseSafetyErrorMessage,omitempty"`
	LogTemplateOperations               *bool           `json:"logTemplateOperations,omitempty"`
	LogSanitizeOperations               *bool           `json:"logSanitizeOperations,omitempty"`
	EnforcementType                     *string         `json:"enforcementType,omitempty"`
	MultiLanguageDetection              *armorLanguages `json:"multiLanguageDetection,omitempty"`
	Modalities                          []string        `json:"modalities,omitempty"`
}

type armorLanguages struct {
	EnableMultiLanguageDetection *bool `json:"enableMultiLanguageDetection,omitempty"`
}

func modelArmorKinds() []kind {
	return []kind{{
		service: ModelArmor, collection: "templates",
		unordered: []string{"filterConfig.raiSettings.raiFilters", "templateMetadata.modalities"},
		whole:     []string{"filterConfig.sdpSettings"},
		connect: func(c *Client, location string) (calls, error) {
			r, err := connectREST(c, ModelArmor, location)
			if err != nil {
				return nil, err
			}
			send := func(ctx context.Context, method, path string, query url.Values, body any) (*armorTemplate, error) {
				answer := new(armorTemplate)
				return answer, r.call(ctx, method, "v1/"+path, query, body, answer)
			}
			return typedCalls[armorTemplate]{
				named: true,
				read: func(ctx context.Context, name string) (*armorTemplate, error) {
					return send(ctx, http.MethodGet, name, nil, nil)
				},
				insert: func(ctx context.Context, at target, object *armorTemplate) (any, error) {
					return send(ctx, http.MethodPost, at.parent()+"/templates", url.Values{"templateId": {at.id()}}, object)
				},
				change: func(ctx context.Context, name string, object *armorTemplate, mask string) (any, error) {
					return send(ctx, http.MethodPatch, name, url.Values{"updateMask": {mask}}, object)
				},
				remove: func(ctx context.Context, name string) (any, error) {
					return send(ctx, http.MethodDelete, name, nil, nil)
				},
				progress: func(context.Context, string) (any, error) { return nil, errNoOperations },
			}, nil
		},
	}}
}

var errNoOperations = errors.New("this API has no long-running operations")
