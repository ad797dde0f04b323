package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Resources and data sources as expressions see them before an apply: there, with attributes that nobody knows.
func (m module) addUnknown(context *hcl.EvalContext, known map[string]json.RawMessage) error {
	values := func(blocks hclsyntax.Blocks, prefix string) (map[string]cty.Value, error) {
		types := map[string]map[string]cty.Value{}
		for _, block := range blocks {
			kind, name := block.Labels[0], block.Labels[1]
			if types[kind] == nil {
				types[kind] = map[string]cty.Value{}
			}
			types[kind][name] = cty.DynamicVal
			if text, set := known[prefix+kind+"."+name]; set {
				value, err := fromJSON(text)
				if err != nil {
					return nil, err
				}
				types[kind][name] = value
			}
		}
		objects := map[string]cty.Value{}
		for kind, names := range types {
			objects[kind] = cty.ObjectVal(names)
		}
		return objects, nil
	}
	resources, err := values(m.of("resource"), "")
	if err != nil {
		return err
	}
	for kind, object := range resources {
		context.Variables[kind] = object
	}
	data, err := values(m.of("data"), "data.")
	context.Variables["data"] = cty.ObjectVal(data)
	return err
}

// Locals may name each other in any order.
func (m module) addLocals(context *hcl.EvalContext) error {
	waiting := map[string]hclsyntax.Expression{}
	for _, block := range m.of("locals") {
		for name, attribute := range block.Body.Attributes {
			waiting[name] = attribute.Expr
		}
	}
	locals := map[string]cty.Value{}
	for len(waiting) > 0 {
		before := len(waiting)
		for name, expression := range waiting {
			if refersToOneOf(expression, waiting) {
				continue
			}
			value, problems := expression.Value(context)
			if problems.HasErrors() {
				return problems
			}
			locals[name] = value
			context.Variables["local"] = cty.ObjectVal(locals)
			delete(waiting, name)
		}
		if len(waiting) == before {
			return fmt.Errorf("locals refer to each other in a circle")
		}
	}
	return nil
}

func refersToOneOf(expression hclsyntax.Expression, names map[string]hclsyntax.Expression) bool {
	for _, traversal := range expression.Variables() {
		if traversal.RootName() != "local" || len(traversal) < 2 {
			continue
		}
		if attribute, named := traversal[1].(hcl.TraverseAttr); named {
			if _, waits := names[attribute.Name]; waits {
				return true
			}
		}
	}
	return false
}
