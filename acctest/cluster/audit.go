package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

// Audit gives the records that the gateway's pods have written to their standard output, pod by pod.
func (c *Cluster) Audit(ctx context.Context, namespace string, gateway *metav1.LabelSelector) ([]audit.Record, error) {
	pods, err := c.Pods(ctx, namespace, gateway)
	if err != nil {
		return nil, err
	}
	var records []audit.Record
	for _, pod := range pods {
		log, err := c.Logs(ctx, Pod{Namespace: namespace, Name: pod.Name}, false)
		if err != nil {
			return nil, err
		}
		of, err := Records(log)
		if err != nil {
			return nil, fmt.Errorf("the audit log of pod %s: %w", pod.Name, err)
		}
		records = append(records, of...)
	}
	return records, nil
}

// Records gives the records of a gateway's log. Standard error is in it too: lines of text, which begin otherwise. So may be the last
// line in part, of a gateway that was killed.
func Records(log []byte) ([]audit.Record, error) {
	var records []audit.Record
	for line := range bytes.Lines(log) {
		if !bytes.HasPrefix(line, []byte(`{"time":`)) || !bytes.HasSuffix(line, []byte("\n")) {
			continue
		}
		var record audit.Record
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("%w: %s", err, line)
		}
		records = append(records, record)
	}
	return records, nil
}
