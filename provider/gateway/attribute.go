package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func number(description string, least, most int64) schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional: true, MarkdownDescription: fmt.Sprintf("%s From %d to %d.", description, least, most),
		Validators: []validator.Int64{int64validator.Between(least, most)},
	}
}

// duration is a time span as Go and the gateway write it, positive and up to most.
func duration(description string, most time.Duration) schema.StringAttribute {
	return attribute.Text(fmt.Sprintf("%s A duration such as `90s`, up to `%s`.", description, short(most)), durationUpTo(most))
}

// short writes whole hours and minutes without the zeros that Go adds.
func short(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return d.String()
	}
}

type durationUpTo time.Duration

func (v durationUpTo) Description(context.Context) string {
	return fmt.Sprintf("must be a duration up to %s", short(time.Duration(v)))
}

func (v durationUpTo) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v durationUpTo) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	d, err := time.ParseDuration(req.ConfigValue.ValueString())
	if err != nil || d <= 0 || d > time.Duration(v) {
		resp.Diagnostics.AddAttributeError(req.Path, fmt.Sprintf("Invalid %s", req.Path),
			fmt.Sprintf(`%q is no duration that it can be: write one such as "90s", "15m" or "1h", up to %s`, req.ConfigValue.ValueString(), short(time.Duration(v))))
	}
}

// span gives a duration that the schema has checked; 0 where none is set.
func span(value types.String) time.Duration {
	d, _ := time.ParseDuration(value.ValueString())
	return d
}

func integer(value types.Int64) int { return int(value.ValueInt64()) }
