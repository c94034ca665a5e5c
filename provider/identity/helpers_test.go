package identity_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	tfstate "github.com/hashicorp/terraform-plugin-testing/terraform"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
)

// regexpOf matches text however Terraform wraps it.
func regexpOf(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(strings.Join(words, `[\s│]+`))
}

func check(f func() error) resource.TestCheckFunc {
	return func(*tfstate.State) error { return f() }
}

// crdsVariable makes this test binary install CRDs and end: what "kubectl apply" would do inside a Terraform apply.
const crdsVariable = "IDENTITY_TEST_INSTALL_CRDS"

func installCRDsForTerraform() bool {
	dir := os.Getenv(crdsVariable)
	if dir == "" {
		return false
	}
	if err := installCRDs(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func installCRDs(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	return controlplane.InstallCRDs(ctx, config, dir)
}
