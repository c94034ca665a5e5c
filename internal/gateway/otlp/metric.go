package otlp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
)

// Readings sends what a Prometheus registry holds.
type Readings struct {
	client   *Client
	resource *resource.Resource
	version  string
	from     prometheus.Gatherer
	began    time.Time
}

// NewReadings gives a sender, which does not close the client. began is when the counters were 0.
func NewReadings(client *Client, about *resource.Resource, version string, from prometheus.Gatherer, began time.Time) *Readings {
	return &Readings{client: client, resource: about, version: version, from: from, began: began}
}

// Send sends everything, once.
func (r *Readings) Send(ctx context.Context, now time.Time) error {
	families, err := r.from.Gather()
	if err != nil && len(families) == 0 {
		return fmt.Errorf("gather metrics: %w", err)
	}
	scope := &metrics.ScopeMetrics{Scope: Scope(r.version)}
	for _, f := range families {
		if made := r.metric(f, now); made != nil {
			scope.Metrics = append(scope.Metrics, made)
		}
	}
	request := &collector.ExportMetricsServiceRequest{ResourceMetrics: []*metrics.ResourceMetrics{{Resource: r.resource, ScopeMetrics: []*metrics.ScopeMetrics{scope}}}}
	var response collector.ExportMetricsServiceResponse
	if err := r.client.Export(ctx, Metrics, request, &response); err != nil {
		return err
	}
	if rejected := response.GetPartialSuccess().GetRejectedDataPoints(); rejected > 0 {
		return &Error{Err: errors.New("the receiver does not take some of the metrics")}
	}
	return nil
}

// metric gives a family as OTLP has it, nil for a kind that there is none of.
func (r *Readings) metric(f *dto.MetricFamily, now time.Time) *metrics.Metric {
	made := &metrics.Metric{Name: f.GetName(), Description: f.GetHelp()}
	from, at := nanoseconds(r.began), nanoseconds(now)
	number := func(m *dto.Metric, v float64) *metrics.NumberDataPoint {
		return &metrics.NumberDataPoint{StartTimeUnixNano: from, TimeUnixNano: at, Attributes: labels(m), Value: &metrics.NumberDataPoint_AsDouble{AsDouble: v}}
	}
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		sum := &metrics.Sum{IsMonotonic: true, AggregationTemporality: metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE}
		for _, m := range f.GetMetric() {
			sum.DataPoints = append(sum.DataPoints, number(m, m.GetCounter().GetValue()))
		}
		made.Data = &metrics.Metric_Sum{Sum: sum}
	case dto.MetricType_GAUGE:
		gauge := &metrics.Gauge{}
		for _, m := range f.GetMetric() {
			gauge.DataPoints = append(gauge.DataPoints, number(m, m.GetGauge().GetValue()))
		}
		made.Data = &metrics.Metric_Gauge{Gauge: gauge}
	case dto.MetricType_HISTOGRAM:
		histogram := &metrics.Histogram{AggregationTemporality: metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE}
		for _, m := range f.GetMetric() {
			point := buckets(m.GetHistogram())
			point.StartTimeUnixNano, point.TimeUnixNano, point.Attributes = from, at, labels(m)
			histogram.DataPoints = append(histogram.DataPoints, point)
		}
		made.Data = &metrics.Metric_Histogram{Histogram: histogram}
	case dto.MetricType_SUMMARY:
		summary := &metrics.Summary{}
		for _, m := range f.GetMetric() {
			s := m.GetSummary()
			point := &metrics.SummaryDataPoint{StartTimeUnixNano: from, TimeUnixNano: at, Attributes: labels(m), Count: s.GetSampleCount(), Sum: s.GetSampleSum()}
			for _, q := range s.GetQuantile() {
				point.QuantileValues = append(point.QuantileValues, &metrics.SummaryDataPoint_ValueAtQuantile{Quantile: q.GetQuantile(), Value: q.GetValue()})
			}
			summary.DataPoints = append(summary.DataPoints, point)
		}
		made.Data = &metrics.Metric_Summary{Summary: summary}
	default:
		return nil
	}
	return made
}

// buckets gives a histogram whose buckets hold what is in them alone, where Prometheus' hold all those below too.
func buckets(h *dto.Histogram) *metrics.HistogramDataPoint {
	sum := h.GetSampleSum()
	point := &metrics.HistogramDataPoint{Count: h.GetSampleCount(), Sum: &sum}
	below := uint64(0)
	for _, b := range h.GetBucket() {
		point.ExplicitBounds = append(point.ExplicitBounds, b.GetUpperBound())
		point.BucketCounts = append(point.BucketCounts, b.GetCumulativeCount()-below)
		below = b.GetCumulativeCount()
	}
	point.BucketCounts = append(point.BucketCounts, h.GetSampleCount()-below)
	return point
}

func labels(m *dto.Metric) []*common.KeyValue {
	var made []*common.KeyValue
	for _, l := range m.GetLabel() {
		made = append(made, &common.KeyValue{Key: l.GetName(), Value: text(l.GetValue())})
	}
	return made
}
