package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type resource struct {
	Address string         `json:"address"`
	Type    string         `json:"type"`
	Values  map[string]any `json:"values"`
}

type module struct {
	folder string
	blocks hclsyntax.Blocks
}

func load(folder string) (module, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	parser := hclparse.NewParser()
	loaded := module{folder: folder}
	for _, name := range files {
		file, problems := parser.ParseHCLFile(name)
		if problems.HasErrors() {
			return loaded, problems
		}
		loaded.blocks = append(loaded.blocks, file.Body.(*hclsyntax.Body).Blocks...)
	}
	return loaded, err
}

func (m module) of(kind string) (found hclsyntax.Blocks) {
	for _, block := range m.blocks {
		if block.Type == kind {
			found = append(found, block)
		}
	}
	return found
}

func fromJSON(text json.RawMessage) (cty.Value, error) {
	kind, err := ctyjson.ImpliedType(text)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(text, kind)
}

// A variable's value, converted to its type, with what its validations say of it.
func variable(block *hclsyntax.Block, given map[string]json.RawMessage) (cty.Value, error) {
	name := block.Labels[0]
	kind, defaults := cty.DynamicPseudoType, (*typeexpr.Defaults)(nil)
	if attribute, typed := block.Body.Attributes["type"]; typed {
		var problems hcl.Diagnostics
		if kind, defaults, problems = typeexpr.TypeConstraintWithDefaults(attribute.Expr); problems.HasErrors() {
			return cty.NilVal, problems
		}
	}
	value := cty.NilVal
	if text, set := given[name]; set {
		var err error
		if value, err = fromJSON(text); err != nil {
			return value, err
		}
	} else if attribute, optional := block.Body.Attributes["default"]; optional {
		value, _ = attribute.Expr.Value(nil)
	} else {
		return value, fmt.Errorf("the variable %s has no value", name)
	}
	if defaults != nil && !value.IsNull() {
		value = defaults.Apply(value)
	}
	return convert.Convert(value, kind)
}

func validate(block *hclsyntax.Block, context *hcl.EvalContext) error {
	for _, rule := range block.Body.Blocks {
		holds, problems := rule.Body.Attributes["condition"].Expr.Value(context)
		if problems.HasErrors() {
			return problems
		}
		if holds.False() {
			message, _ := rule.Body.Attributes["error_message"].Expr.Value(context)
			return fmt.Errorf("%s: %s", block.Labels[0], message.AsString())
		}
	}
	return nil
}

// A body's attributes and blocks; what is known only after an apply is left out.
func evaluate(body *hclsyntax.Body, context *hcl.EvalContext) (map[string]any, error) {
	values := map[string]any{}
	for name, attribute := range body.Attributes {
		if name == "for_each" || name == "depends_on" {
			continue
		}
		value, problems := attribute.Expr.Value(context)
		if problems.HasErrors() {
			return values, problems
		}
		if !value.IsWhollyKnown() {
			continue
		}
		values[name] = ctyjson.SimpleJSONValue{Value: value}
	}
	for _, block := range body.Blocks {
		if block.Type == "lifecycle" {
			continue
		}
		nested, err := evaluate(block.Body, context)
		if err != nil {
			return values, err
		}
		values[block.Type] = nested
	}
	return values, nil
}

// The instances of a resource, each with what its expressions are worth.
func instances(block *hclsyntax.Block, context *hcl.EvalContext) (planned []resource, err error) {
	address := block.Labels[0] + "." + block.Labels[1]
	add := func(address string, context *hcl.EvalContext) error {
		values, err := evaluate(block.Body, context)
		planned = append(planned, resource{address, block.Labels[0], values})
		return err
	}
	each, repeated := block.Body.Attributes["for_each"]
	if !repeated {
		return planned, add(address, context)
	}
	all, problems := each.Expr.Value(context)
	if problems.HasErrors() {
		return planned, problems
	}
	for key, value := range all.AsValueMap() {
		one := context.NewChild()
		one.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": value})}
		if err := add(fmt.Sprintf("%s[%q]", address, key), one); err != nil {
			return planned, err
		}
	}
	return planned, nil
}

func (m module) plan(given request) (planned []resource, outputs map[string]any, err error) {
	context := &hcl.EvalContext{Functions: functions, Variables: map[string]cty.Value{}}
	context.Variables["path"] = cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(m.folder), "root": cty.StringVal(".")})
	variables := map[string]cty.Value{}
	for _, block := range m.of("variable") {
		if variables[block.Labels[0]], err = variable(block, given.Variables); err != nil {
			return nil, nil, err
		}
	}
	for name := range given.Variables {
		if _, declared := variables[name]; !declared {
			return nil, nil, fmt.Errorf("the module has no variable %s", name)
		}
	}
	context.Variables["var"] = cty.ObjectVal(variables)
	for _, block := range m.of("variable") {
		if err = validate(block, context); err != nil {
			return nil, nil, err
		}
	}
	if err = m.addUnknown(context, given.Known); err != nil {
		return nil, nil, err
	}
	if err = m.addLocals(context); err != nil {
		return nil, nil, err
	}
	for _, block := range append(m.of("data"), m.of("resource")...) {
		some, err := instances(block, context)
		if err != nil {
			return nil, nil, err
		}
		if block.Type == "resource" {
			planned = append(planned, some...)
		}
	}
	sort.Slice(planned, func(a, b int) bool { return planned[a].Address < planned[b].Address })
	outputs = map[string]any{}
	for _, block := range m.of("output") {
		values, err := evaluate(block.Body, context)
		if err != nil {
			return nil, nil, err
		}
		outputs[block.Labels[0]] = values["value"]
	}
	return planned, outputs, nil
}
