package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func ofText(names []string, result func(arguments []string) (string, error)) function.Function {
	parameters := make([]function.Parameter, len(names))
	for index, name := range names {
		parameters[index] = function.Parameter{Name: name, Type: cty.String}
	}
	return function.New(&function.Spec{
		Params: parameters,
		Type:   function.StaticReturnType(cty.String),
		Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
			texts := make([]string, len(values))
			for index, value := range values {
				texts[index] = value.AsString()
			}
			text, err := result(texts)
			return cty.StringVal(text), err
		},
	})
}

func content(arguments []string) (string, error) {
	bytes, err := os.ReadFile(arguments[0])
	return string(bytes), err
}

func hexadecimal(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:])
}

func digest(arguments []string) (string, error) {
	bytes, err := os.ReadFile(arguments[0])
	return hexadecimal(bytes), err
}

var fileset = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
	Type:   function.StaticReturnType(cty.Set(cty.String)),
	Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
		folder := values[0].AsString()
		found, err := filepath.Glob(filepath.Join(folder, values[1].AsString()))
		names := []cty.Value{}
		for _, file := range found {
			name, _ := filepath.Rel(folder, file)
			names = append(names, cty.StringVal(name))
		}
		if len(names) == 0 {
			return cty.SetValEmpty(cty.String), err
		}
		return cty.SetVal(names), err
	},
})

var toset = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Set(cty.String)),
	Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
		return convert.Convert(values[0], cty.Set(cty.String))
	},
})

var alltrue = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(values []cty.Value, _ cty.Type) (cty.Value, error) {
		all := cty.True
		for _, value := range values[0].AsValueSlice() {
			all = all.And(value)
		}
		return all, nil
	},
})

// The functions of Terraform's language that the module calls.
var functions = map[string]function.Function{
	"alltrue":    alltrue,
	"can":        tryfunc.CanFunc,
	"coalesce":   stdlib.CoalesceFunc,
	"compact":    stdlib.CompactFunc,
	"concat":     stdlib.ConcatFunc,
	"contains":   stdlib.ContainsFunc,
	"dirname":    ofText([]string{"path"}, func(of []string) (string, error) { return filepath.Dir(of[0]), nil }),
	"distinct":   stdlib.DistinctFunc,
	"file":       ofText([]string{"path"}, content),
	"filesha256": ofText([]string{"path"}, digest),
	"fileset":    fileset,
	"join":       stdlib.JoinFunc,
	"keys":       stdlib.KeysFunc,
	"merge":      stdlib.MergeFunc,
	"regex":      stdlib.RegexFunc,
	"sha256": ofText([]string{"text"}, func(of []string) (string, error) {
		sum := sha256.Sum256([]byte(of[0]))
		return hex.EncodeToString(sum[:]), nil
	}),
	"split":    stdlib.SplitFunc,
	"toset":    toset,
	"tostring": stdlib.MakeToFunc(cty.String),
	"try":      tryfunc.TryFunc,
	"values":   stdlib.ValuesFunc,
}
