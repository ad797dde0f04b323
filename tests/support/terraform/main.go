// Reads a Terraform module with HashiCorp's parsers and prints, as JSON, what it declares and what its expressions are worth for
// the variables given: the resources that a plan would have. It knows no provider, so it checks no resource's schema.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"
)

type request struct {
	Variables map[string]json.RawMessage `json:"variables"`
	// Attributes that only a provider knows, by resource or data source: "aws_cloudformation_stack.rekey", "data.aws_region.here".
	Known map[string]json.RawMessage `json:"known"`
}

type answer struct {
	Variables map[string]*tfconfig.Variable `json:"variables"`
	Resources []resource                    `json:"resources"`
	Outputs   map[string]any                `json:"outputs"`
}

func run(folder string) (answer, error) {
	declared, problems := tfconfig.LoadModule(folder)
	if problems.HasErrors() {
		return answer{}, problems
	}
	var given request
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return answer{}, err
	}
	module, err := load(folder)
	if err != nil {
		return answer{}, err
	}
	resources, outputs, err := module.plan(given)
	return answer{declared.Variables, resources, outputs}, err
}

func main() {
	result, err := run(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		panic(err)
	}
}
