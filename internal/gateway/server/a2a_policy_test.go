package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"

	wire "github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
)

func TestWhatAnAgentMayNotIsRefusedInTheWordsOfItsBinding(t *testing.T) {
	agent := newAgent(t)
	g := before(t, agent, `
		@id("all") permit (principal, action, resource);
		@id("no-urls") @reason("no files from elsewhere")
		forbid (principal, action == Action::"sendMessage", resource) when { context has message && context.message.partKinds.contains("url") };
		@id("no-hooks") forbid (principal, action == Action::"sendMessage", resource) when { context has message && context.message.pushHost != "" };
		@id("no-refunds") forbid (principal, action == Action::"sendMessage", resource == Skill::"bank/refund");
		@id("no-cancel") forbid (principal, action == Action::"cancelTask", resource);`, "")
	card := discovered(t, g.endpoint())
	for _, binding := range bindings {
		t.Run(string(binding), func(t *testing.T) {
			c := client(t, card, binding)
			task, err := c.SendMessage(t.Context(), said("wait"))
			if err != nil {
				t.Fatal(err) // the control: what is not denied reaches the agent
			}
			before := len(agent.asked())
			for name, m := range map[string]*a2a.SendMessageRequest{
				"no files from elsewhere": {Message: a2a.NewMessage(a2a.MessageRoleUser, a2a.NewFileURLPart("https://evil.example/x", "text/plain"))},
				"no-hooks":                {Message: said("x").Message, Config: &a2a.SendMessageConfig{PushConfig: &a2a.PushConfig{URL: "https://evil.example/"}}},
				"no-refunds":              forSkill("refund"),
			} {
				_, err := c.SendMessage(t.Context(), m)
				if !errors.Is(err, a2a.ErrUnauthorized) || !strings.Contains(err.Error(), name) {
					t.Errorf("%s: %v", name, err)
				}
				for _, err := range c.SendStreamingMessage(t.Context(), m) {
					if !errors.Is(err, a2a.ErrUnauthorized) {
						t.Errorf("streaming, %s: %v", name, err)
					}
				}
			}
			if _, err := c.SendMessage(t.Context(), forSkill("fly")); !errors.Is(err, a2a.ErrInvalidParams) {
				t.Errorf("a skill that is not on the card: %v", err)
			}
			// A task that may not be cancelled is no more there than one that does not exist, and no less.
			_, denied := c.CancelTask(t.Context(), &a2a.CancelTaskRequest{ID: task.(*a2a.Task).ID})
			_, absent := c.CancelTask(t.Context(), &a2a.CancelTaskRequest{ID: "none"})
			if !errors.Is(denied, a2a.ErrTaskNotFound) || denied.Error() != absent.Error() {
				t.Errorf("%v; %v", denied, absent)
			}
			if all := agent.asked(); len(all) != before {
				t.Errorf("what was denied reached the agent: %v", all[before:])
			}
			if _, err := c.SendMessage(t.Context(), forSkill("report")); err != nil {
				t.Errorf("a permitted skill: %v", err)
			}
		})
	}
	log := g.log()
	for _, want := range []string{
		`"decision":"deny","enforced":true,"policies":["no-cancel"]`, `"method":"CancelTask","resource.kind":"task"`,
		`"method":"SendMessage","resource.kind":"skill","resource.name":"refund"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit log has no %s in\n%s", want, log)
		}
	}
}

func forSkill(id string) *a2a.SendMessageRequest {
	r := said("x")
	r.Message.Metadata = map[string]any{wire.DefaultSkillKey: id}
	return r
}

func TestAListShowsTheTasksThatAnAgentMayGet(t *testing.T) {
	agent := newAgent(t)
	g := before(t, agent, open, "")
	card := discovered(t, g.endpoint())
	c := client(t, card, a2a.TransportProtocolJSONRPC)
	var ids []string
	for range 5 {
		result, err := c.SendMessage(t.Context(), said("x"))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(result.(*a2a.Task).ID))
	}
	h := before(t, agent, `permit (principal, action, resource); forbid (principal, action == Action::"getTask", resource == Task::"bank/`+ids[2]+`");`, "")
	card = discovered(t, h.endpoint())
	for _, binding := range bindings {
		c := client(t, card, binding)
		var seen []string
		for request := (&a2a.ListTasksRequest{PageSize: 2}); ; {
			list, err := c.ListTasks(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range list.Tasks {
				seen = append(seen, string(task.ID))
			}
			if list.NextPageToken == "" {
				break
			}
			request.PageToken = list.NextPageToken
		}
		slices.Sort(seen)
		want := slices.Sorted(slices.Values(append(append([]string{}, ids[:2]...), ids[3:]...)))
		if !slices.Equal(seen, want) {
			t.Errorf("%s: %v, want %v", binding, seen, want)
		}
		if _, err := c.GetTask(t.Context(), &a2a.GetTaskRequest{ID: a2a.TaskID(ids[2])}); !errors.Is(err, a2a.ErrTaskNotFound) {
			t.Errorf("%s: a hidden task: %v", binding, err)
		}
	}
}

func TestACardShowsWhatAnAgentMayUseAndWhereTheGatewayIs(t *testing.T) {
	agent := newAgent(t)
	g := before(t, agent, `
		permit (principal, action in Action::"discover", resource);
		permit (principal, action == Action::"sendMessage", resource == Skill::"bank/report") when { context has message && context.message.role == "ROLE_USER" };`, "")
	direct := g.agent("a")
	get := func(headers ...string) (*http.Response, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.Origin("agents")+"/bank"+wire.WellKnown, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		response, err := direct.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, text
	}
	response, text := get()
	var card a2a.AgentCard
	if err := json.Unmarshal(text, &card); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(card.Skills) != 1 || card.Skills[0].ID != "report" {
		t.Errorf("skills: %+v", card.Skills)
	}
	for _, i := range card.SupportedInterfaces {
		want := map[a2a.TransportProtocol]string{
			a2a.TransportProtocolJSONRPC: g.Origin("agents") + "/bank", a2a.TransportProtocolHTTPJSON: g.Origin("agents") + "/bank",
			a2a.TransportProtocolGRPC: strings.TrimPrefix(g.Origin("agents"), "https://"),
		}[i.ProtocolBinding]
		if i.URL != want {
			t.Errorf("%s is at %s, want %s", i.ProtocolBinding, i.URL, want)
		}
	}
	if len(card.SupportedInterfaces) != 3 || len(card.SecuritySchemes) != 2 || strings.Contains(string(text), agent.URL) {
		t.Errorf("%s", text)
	}
	if response, _ := get("If-None-Match", response.Header.Get("Etag")); response.StatusCode != http.StatusNotModified {
		t.Errorf("the same card again: %d", response.StatusCode)
	}
	// The keys are for whoever verifies a card, certificate or not: they are fetched without one here.
	keys, err := g.trusting().Get(g.Origin("agents") + CardKeys)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Body.Close()
	set, err := io.ReadAll(keys.Body)
	if err != nil || keys.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", keys.StatusCode, err)
	}
	verifyWithJOSE(t, text, set)
}

func TestAnAgentOfVersion03(t *testing.T) {
	agent := newAgent(t)
	agent.card.SupportedInterfaces = []*a2a.AgentInterface{
		{URL: agent.URL + "/old/rpc", ProtocolBinding: a2a.TransportProtocolJSONRPC, ProtocolVersion: "0.3"},
		{URL: agent.URL + "/old/rest", ProtocolBinding: a2a.TransportProtocolHTTPJSON, ProtocolVersion: "0.3"},
		{URL: strings.TrimPrefix(agent.URL, "http://"), ProtocolBinding: a2a.TransportProtocolGRPC, ProtocolVersion: "0.3"},
	}
	g := before(t, agent, `
		permit (principal, action, resource);
		forbid (principal, action == Action::"sendMessage", resource) when { context has message && context.message.urlHosts.contains("evil.example") };
		forbid (principal, action == Action::"cancelTask", resource);`, "old")
	card := discovered(t, g.endpoint())
	for _, binding := range bindings {
		t.Run(string(binding), func(t *testing.T) {
			c := client(t, card, binding)
			result, err := c.SendMessage(t.Context(), said("hello"))
			if err != nil {
				t.Fatal(err)
			}
			task, ok := result.(*a2a.Task)
			if !ok || task.Artifacts[0].Parts[0].Text() != "echo hello" {
				t.Fatalf("%+v", result)
			}
			if got, err := c.GetTask(t.Context(), &a2a.GetTaskRequest{ID: task.ID}); err != nil || got.ID != task.ID {
				t.Errorf("get: %v", err)
			}
			before := len(agent.asked())
			evil := &a2a.SendMessageRequest{Message: a2a.NewMessage(a2a.MessageRoleUser, a2a.NewFileURLPart("https://evil.example/x", "text/plain"))}
			if _, err := c.SendMessage(t.Context(), evil); err == nil {
				t.Error("a denied message was answered")
			}
			if _, err := c.CancelTask(t.Context(), &a2a.CancelTaskRequest{ID: task.ID}); err == nil {
				t.Error("a denied cancellation was answered")
			}
			if all := agent.asked(); len(all) != before {
				t.Errorf("what was denied reached the agent: %v", all[before:])
			}
			events := 0
			for _, err := range c.SendStreamingMessage(t.Context(), said("stream")) {
				if err != nil {
					t.Fatal(err)
				}
				events++
			}
			if events != 4 {
				t.Errorf("%d events", events)
			}
		})
	}
}

func TestWithoutACardNoMessageIsPassedOn(t *testing.T) {
	agent := newAgent(t)
	g := before(t, agent, open, `card = "http://127.0.0.1:1/card"`)
	c, err := a2aclient.NewFromEndpoints(context.Background(), []*a2a.AgentInterface{a2a.NewAgentInterface(g.endpoint(), a2a.TransportProtocolJSONRPC)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendMessage(t.Context(), said("hello")); err == nil || len(agent.asked()) > 0 {
		t.Errorf("%v; the agent was asked %v", err, agent.asked())
	}
	// The control: what is about no skill needs no card.
	if _, err := c.ListTasks(t.Context(), &a2a.ListTasksRequest{}); err != nil {
		t.Error(err)
	}
}
