// Package attribute builds the attributes that schemas of resources are mostly made of.
package attribute

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Set is attributes by name.
type Set = map[string]schema.Attribute

// Text is an optional string.
func Text(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

// Required is a string that must be set.
func Required(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description, Validators: validators}
}

// OneOf takes these strings and no others.
func OneOf(values ...string) validator.String { return stringvalidator.OneOf(values...) }

// Flag is an optional bool.
func Flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
}

// Number is an optional integer.
func Number(description string, validators ...validator.Int64) schema.Int64Attribute {
	return schema.Int64Attribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

// List is an optional list of strings.
func List(description string, validators ...validator.List) schema.ListAttribute {
	return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description, Validators: validators}
}

// RequiredList is a list of strings that must be set.
func RequiredList(description string) schema.ListAttribute {
	return schema.ListAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: description}
}

// Texts is an optional map of strings.
func Texts(description string) schema.MapAttribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
}

// Block is an optional object.
func Block(description string, nested Set) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: description, Attributes: nested}
}

// RequiredBlock is an object that must be set.
func RequiredBlock(description string, nested Set) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{Required: true, MarkdownDescription: description, Attributes: nested}
}

// Blocks is an optional list of objects.
func Blocks(description string, nested Set) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{Optional: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: nested}}
}

// RequiredBlocks is a list of objects that must be set.
func RequiredBlocks(description string, nested Set) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{Required: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: nested}}
}

// Named is an optional map of objects by name.
func Named(description string, nested Set) schema.MapNestedAttribute {
	return schema.MapNestedAttribute{Optional: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: nested}}
}
