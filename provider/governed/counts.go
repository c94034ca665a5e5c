package governed

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Counts are what a controller counts in the status of an object that is ours: the attribute status of a resource.
type Counts []Count

// Count is one of them. Field is its name in the status.
type Count struct{ Attribute, Field, Description string }

// Attribute is the schema of the counts, with a summary of them.
func (cs Counts) Attribute(description string) schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{
		"summary": schema.StringAttribute{Computed: true, MarkdownDescription: "The counts in one sentence."},
	}
	for _, c := range cs {
		attributes[c.Attribute] = schema.Int64Attribute{Computed: true, MarkdownDescription: c.Description}
	}
	return schema.SingleNestedAttribute{Computed: true, Attributes: attributes, MarkdownDescription: description}
}

// Null is the value where nothing has been counted.
func (cs Counts) Null() types.Object { return types.ObjectNull(cs.types()) }

// Value gives the counts of a status, in which one that is missing is 0. summary makes the sentence of them, by field.
func (cs Counts) Value(status map[string]any, summary func(number func(field string) int64) string) types.Object {
	number := func(field string) int64 {
		n, _, _ := unstructured.NestedInt64(status, field)
		return n
	}
	values := map[string]attr.Value{"summary": types.StringValue(summary(number))}
	for _, c := range cs {
		values[c.Attribute] = types.Int64Value(number(c.Field))
	}
	return types.ObjectValueMust(cs.types(), values)
}

func (cs Counts) types() map[string]attr.Type {
	of := map[string]attr.Type{"summary": types.StringType}
	for _, c := range cs {
		of[c.Attribute] = types.Int64Type
	}
	return of
}
