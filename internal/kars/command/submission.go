package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/product"
)

// submission is what a draft of PRODUCT.yaml is made of; the zero value is for a run without one.
type submission struct {
	checklist []byte
	stated    product.Product
}

// readSubmission reads the files, and says what is wrong with them before anybody looks at a cluster.
func (o *options) readSubmission(list kars.Checklist) (s submission, err error) {
	switch {
	case o.product != "" && o.checklist == "":
		return s, errors.New("--product is of use only with --checklist")
	case o.checklist == "":
		return s, nil
	case o.out == "":
		return s, errors.New("--checklist is of use only with --out, the folder for PRODUCT.yaml")
	}
	if s.checklist, err = os.ReadFile(o.checklist); err != nil {
		return s, fmt.Errorf("--checklist: %w", err)
	}
	if o.product != "" {
		if s.stated, err = readProduct(o.product); err != nil {
			return s, fmt.Errorf("--product: %w", err)
		}
	}
	if err := product.Try(s.checklist, list, s.stated); err != nil {
		return s, fmt.Errorf("PRODUCT.yaml of --checklist %s: %w", strings.TrimSpace(o.checklist+" "+o.product), err)
	}
	return s, nil
}

// readProduct reads what a vendor says.
func readProduct(path string) (product.Product, error) {
	var file struct {
		Metadata map[string]string `json:"metadata"`
		Claims   map[string]struct {
			Status   string   `json:"status"`
			Evidence []string `json:"evidence"`
			Notes    string   `json:"notes"`
		} `json:"claims"`
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return product.Product{}, err
	}
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		return product.Product{}, fmt.Errorf("%s holds metadata and claims, and nothing else: %w", path, err)
	}
	stated := product.Product{Metadata: file.Metadata, Claims: map[string]product.Claim{}}
	for id, claim := range file.Claims {
		stated.Claims[id] = product.Claim{Status: claim.Status, Evidence: claim.Evidence, Notes: claim.Notes}
	}
	return stated, nil
}

// draft gives PRODUCT.yaml, and says what the program's validator would find wrong with it beside the files of a folder. Without a checklist
// there is none.
func (s submission) draft(report kars.Report, folder string, stdout io.Writer) ([]byte, error) {
	if s.checklist == nil {
		return nil, nil
	}
	text, err := product.Draft(s.checklist, report, s.stated)
	if err != nil {
		return nil, err
	}
	problems, err := product.Check(s.checklist, text, func(name string) bool {
		_, err := os.Stat(filepath.Join(folder, name))
		return err == nil
	})
	if len(problems) > 0 {
		fmt.Fprintf(stdout, "\nPRODUCT.yaml is a draft. Before it is submitted:\n  %s\n", strings.Join(problems, "\n  "))
	}
	return text, err
}
