// Package command is the subcommand kars of the provider's program: a cluster's conformance without Terraform, for CI.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode"

	metalabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// The exit codes.
const (
	exitMet    = 0 // what is required is met, or the cluster does not tell
	exitFailed = 1 // the cluster could not be looked at, or the call is wrong
	exitMust   = 2 // a MUST that is required is not met
	exitShould = 3 // of what is required, a SHOULD alone is not met
)

const usage = `Says which requirements of CNCF Kubernetes AI Conformance a cluster meets.

  terraform-provider-agent kars --version 1.37 --out report
  terraform-provider-agent kars --version 1.37 --list
  terraform-provider-agent kars --rbac | kubectl apply -f -
  terraform-provider-agent kars --rbac --probe active | kubectl apply -f -

It exits with 0 where nothing that is required is unmet, with 2 where a MUST is, with 3 where only a SHOULD is, and with 1 where the
cluster could not be looked at. The cluster is that of --kubeconfig, of $KUBECONFIG, of ~/.kube/config or of the pod.

`

// options are the command's flags.
type options struct {
	version, probe, out, require string
	list, rbac, strict           bool
	kubeconfig, context          string
	checklist, product           string
	timeout                      time.Duration
	active                       active.Options

	submission submission // of checklist and product, once they are read
}

// Main runs the command and gives its exit code. program is what made the report, with its version.
func Main(args []string, program string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, program, os.Stdout, os.Stderr)
}

func run(ctx context.Context, args []string, program string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitMet
	}
	if err != nil {
		return exitFailed // the flag package has said why
	}
	code, err := o.run(ctx, program, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "kars: %v\n", err)
		return exitFailed
	}
	return code
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("kars", flag.ContinueOnError)
	flags.SetOutput(stderr)
	versions := kars.Versions()
	flags.StringVar(&o.version, "version", versions[len(versions)-1], "version of the checklist: "+strings.Join(versions, ", "))
	flags.StringVar(&o.probe, "probe", string(kars.Passive), "passive: read what the API server serves and lists; active: also make objects, each in a namespace of its own, and watch what becomes of them")
	flags.StringVar(&o.out, "out", "", "folder for report.json, junit.xml, report.html and, with --checklist, PRODUCT.yaml")
	flags.StringVar(&o.require, "require", kars.RequireMust, "what has to be met: must, should (both levels), or ids, separated by commas")
	flags.BoolVar(&o.strict, "strict", false, "count what the cluster does not tell as unmet")
	flags.BoolVar(&o.list, "list", false, "print the requirements of the version and end")
	flags.BoolVar(&o.rbac, "rbac", false, "print the ClusterRole that a run needs, a passive one or that of --probe, and end")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig")
	flags.StringVar(&o.context, "context", "", "context of the kubeconfig")
	flags.StringVar(&o.checklist, "checklist", "", "published checklist (docs/AIConformance-*.yaml of cncf/k8s-ai-conformance), for a draft of PRODUCT.yaml")
	flags.StringVar(&o.product, "product", "", "YAML file with metadata and claims for PRODUCT.yaml")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Minute, "how long all of it may take")
	flags.StringVar(&o.active.Image, "image", active.DefaultImage, "active: image of the pods that look around")
	flags.StringVar(&o.active.SPIRESocket, "spire-socket", "", "active: folder of the nodes with the socket of SPIRE's Workload API, where there is no csi.spiffe.io (default /run/spire/agent-sockets)")
	flags.StringVar(&o.active.SPIREClass, "spire-class", "", "active: class that SPIRE's controller manager answers to, where it has one")
	flags.StringVar(&o.active.GatewayClass, "gateway-class", "", "active: GatewayClass to try (default all that are accepted, until one routes as it should)")
	flags.IntVar(&o.active.GatewayPort, "gateway-port", 80, "active: port of the Gateway's listener, where an implementation has few to choose from")
	flags.StringVar(&o.active.GatewayAddress, "gateway-address", "", "active: where the Gateway answers pods, where no status says so")
	flags.Func("agent-namespace", "active: labels of namespaces for agents, as a=b,c=d (default workload-type=ai-agent)", labels(&o.active.AgentNamespace))
	flags.Func("approved", "active: labels of an approved agent's pod, as a=b,c=d (default agentward.dev/approved=true)", labels(&o.active.Approved))
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "kars: %q is no flag\n", flags.Arg(0))
		return nil, errors.New("too many arguments")
	}
	return o, nil
}

func (o *options) run(ctx context.Context, program string, stdout, stderr io.Writer) (int, error) {
	list, err := kars.ForVersion(o.version)
	if err != nil {
		return exitFailed, err
	}
	gate := kars.Gate{Require: words(o.require), Strict: o.strict}
	switch {
	case o.probe != string(kars.Passive) && o.probe != string(kars.Active):
		return exitFailed, fmt.Errorf("--probe is %q; it can be %s or %s", o.probe, kars.Passive, kars.Active)
	case o.rbac:
		return exitMet, printRole(stdout, o.probe == string(kars.Active))
	case o.list:
		printList(stdout, list)
		return exitMet, nil
	case len(gate.Require) == 0:
		return exitFailed, errors.New("--require is empty; give must, should, or ids, separated by commas")
	case o.timeout <= 0:
		return exitFailed, fmt.Errorf("--timeout is %s; give how long all of it may take, such as 30m", o.timeout)
	case o.active.GatewayPort < 1 || o.active.GatewayPort > 65535:
		return exitFailed, fmt.Errorf("--gateway-port is %d, which is no port", o.active.GatewayPort)
	}
	if err := gate.Validate(list); err != nil {
		return exitFailed, fmt.Errorf("--require: %w", err)
	}
	if o.submission, err = o.readSubmission(list); err != nil {
		return exitFailed, err
	}
	if o.out != "" {
		if err := canWrite(o.out); err != nil {
			return exitFailed, err
		}
	}
	config, err := o.config()
	if err != nil {
		return exitFailed, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	report, err := o.look(ctx, config, list, stderr)
	if err != nil {
		return exitFailed, err
	}
	report.Program = program
	return o.conclude(report, gate, stdout)
}

// config gives the cluster as kubectl would find it.
func (o *options) config() (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.context}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	return config, nil
}

func (o *options) look(ctx context.Context, config *rest.Config, list kars.Checklist, stderr io.Writer) (kars.Report, error) {
	client, err := cluster.New(config)
	if err != nil {
		return kars.Report{}, err
	}
	done, all := 0, len(list.Requirements)+len(kars.Proposed())
	started := time.Now()
	report, err := passive.Run(ctx, client, list, started, func(r kars.Result) {
		done++
		fmt.Fprintf(stderr, "[%d/%d] %s: %s\n", done, all, r.ID, r.Status)
	})
	if err == nil && o.probe == string(kars.Active) && !report.Interrupted {
		report, err = active.Run(ctx, config, report, o.active, func(id string) { fmt.Fprintf(stderr, "trying out %s\n", id) })
	}
	report.Started, report.Finished = started, time.Now()
	return report, err
}

// words gives what stands between commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// labels reads a=b,c=d.
func labels(into *map[string]string) func(string) error {
	return func(text string) error {
		set, err := metalabels.ConvertSelectorToLabelsMap(text)
		*into = set
		return err
	}
}
