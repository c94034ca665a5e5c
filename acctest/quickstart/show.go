package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

// show runs the steps in order and says what each one does.
type show struct {
	root    string // the repository
	example string // the folder of the configuration that is applied
	dir     string // holds all that the quickstart makes
	out     io.Writer
	// patience bounds the wait for the API server to notice a new policy, which takes it about a second.
	patience time.Duration

	step      int
	api       *kubernetes.Clientset
	terraform *terraform
}

func (s *show) up(ctx context.Context, cluster string) error {
	program, err := findTerraform()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.title("A cluster on this machine")
	kubeconfig, err := s.cluster(ctx, cluster)
	if err != nil {
		return err
	}
	steps := []struct {
		title string
		run   func(context.Context) error
	}{
		{"The namespace of the agents, and the API of SPIRE", func(ctx context.Context) error { return s.furnish(ctx, kubeconfig) }},
		{"The provider, built from this repository", func(ctx context.Context) (err error) {
			s.terraform, err = s.prepare(ctx, program, kubeconfig)
			return err
		}},
		{"terraform apply: examples/quickstart", func(ctx context.Context) error { return s.terraform.apply(ctx, s.out) }},
		{"An agent that nobody approved", s.refuseUnapproved},
		{"An approved agent", s.admitApproved},
		{"Somebody weakens the policy behind Terraform's back", s.weaken},
		{"terraform plan sees it", s.seeDrift},
		{"terraform apply puts it back", s.putBack},
		{"terraform plan: nothing left to do", s.seeNothing},
	}
	for _, step := range steps {
		s.title(step.title)
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	s.say("")
	s.say("All of it went as it should. To look around:")
	s.say("  export KUBECONFIG=%s", kubeconfig)
	s.say("  export KUBE_CONFIG_PATH=$KUBECONFIG TF_CLI_CONFIG_FILE=%s", s.terraform.cliConfig)
	s.say("  cd %s && terraform plan", s.terraform.workspace)
	s.say("`make quickstart-down` removes everything.")
	return nil
}

// furnish makes what the example builds on and a bare cluster lacks.
func (s *show) furnish(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read the kubeconfig: %w", err)
	}
	if s.api, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	if err := s.makeNamespace(ctx); err != nil {
		return err
	}
	crds, err := crd.SPIRE.Find(ctx)
	if err != nil {
		return err
	}
	if err := controlplane.InstallCRDs(ctx, config, crds); err != nil {
		return err
	}
	s.say("Namespace %q is labelled %s=%s. ClusterSPIFFEID is a known kind; a cluster with SPIRE in it", namespace, namespaceLabel, namespaceValue)
	s.say("would now issue identities to the agents' pods.")
	return nil
}

func (s *show) refuseUnapproved(ctx context.Context) error {
	if err := s.remove(ctx, unapproved); err != nil {
		return err
	}
	if err := s.waitUntilRefused(ctx); err != nil {
		return err
	}
	err := s.create(ctx, unapproved, nil)
	var refusal *refusalError
	if !errors.As(err, &refusal) {
		return fmt.Errorf("the pod %q, which nobody approved, was to be refused by the policy; got: %w", unapproved, orAdmitted(err))
	}
	s.say("The API server refuses the pod %q:", unapproved)
	fmt.Fprintln(&indented{out: s.out}, refusal.message)
	return nil
}

// waitUntilRefused asks with dry runs: the API server reads policies from a cache that follows a moment later.
func (s *show) waitUntilRefused(ctx context.Context) error {
	deadline := time.Now().Add(s.patience)
	for {
		err := s.create(ctx, unapproved, []string{metav1.DryRunAll})
		var refusal *refusalError
		if errors.As(err, &refusal) {
			return nil
		}
		if err != nil || time.Now().After(deadline) {
			return fmt.Errorf("the policy is not enforced after %s: %w", s.patience, orAdmitted(err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *show) admitApproved(ctx context.Context) error {
	if err := s.remove(ctx, approved); err != nil {
		return err
	}
	if err := s.create(ctx, approved, nil); err != nil {
		return fmt.Errorf("the approved pod %q was to be admitted: %w", approved, err)
	}
	s.say("The same pod with the label %s=true is admitted.", approvalLabel)
	return nil
}

// weaken does what a hurried administrator with kubectl edit would do.
func (s *show) weaken(ctx context.Context) error {
	name, err := s.policyName(ctx)
	if err != nil {
		return err
	}
	patch := fmt.Appendf(nil, `{"spec":{"matchConstraints":{"namespaceSelector":{"matchLabels":{%q:"none"}}}}}`, namespaceLabel)
	_, err = s.api.AdmissionregistrationV1().ValidatingAdmissionPolicies().
		Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "kubectl-edit"})
	if err != nil {
		return fmt.Errorf("weaken the policy: %w", err)
	}
	s.say("ValidatingAdmissionPolicy %q is for namespaces with %s=none now. There are none: nothing would be refused any more.", name, namespaceLabel)
	return nil
}

func (s *show) seeDrift(ctx context.Context) error {
	changes, text, err := s.terraform.plan(ctx, s.out)
	if err != nil {
		return err
	}
	if !changes || !strings.Contains(text, `"none" -> "`+namespaceValue+`"`) {
		return fmt.Errorf("the plan was to show that the label %s of the selector goes from none to %s", namespaceLabel, namespaceValue)
	}
	return nil
}

func (s *show) putBack(ctx context.Context) error {
	if err := s.terraform.apply(ctx, s.out); err != nil {
		return err
	}
	name, err := s.policyName(ctx)
	if err != nil {
		return err
	}
	policy, err := s.api.AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read the policy: %w", err)
	}
	if value := policy.Spec.MatchConstraints.NamespaceSelector.MatchLabels[namespaceLabel]; value != namespaceValue {
		return fmt.Errorf("the policy was to be for namespaces with %s=%s again, and is for %q", namespaceLabel, namespaceValue, value)
	}
	s.say("The policy is for namespaces with %s=%s again, and:", namespaceLabel, namespaceValue)
	return s.refuseUnapproved(ctx)
}

func (s *show) seeNothing(ctx context.Context) error {
	changes, _, err := s.terraform.plan(ctx, s.out)
	if err == nil && changes {
		err = errors.New("the last plan was to be empty")
	}
	return err
}

func (s *show) title(text string) {
	s.step++
	fmt.Fprintf(s.out, "\n=== %d. %s\n", s.step, text)
}

func (s *show) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...)
}

// orAdmitted puts into words what no error means here.
func orAdmitted(err error) error {
	if err == nil {
		return errors.New("it was admitted")
	}
	return err
}
