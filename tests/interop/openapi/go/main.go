// Validates a description of an API with libopenapi-validator, prints what is wrong, and ends with 1 then.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		log.Fatal(err)
	}
	// Builds the model, which follows every reference.
	if _, err := document.BuildV3Model(); err != nil {
		log.Fatal(err)
	}
	checker, problems := validator.NewValidator(document)
	if len(problems) > 0 {
		log.Fatal(problems)
	}
	valid, found := checker.ValidateDocument()
	for _, problem := range found {
		fmt.Println(problem.Message, problem.Reason)
		for _, schema := range problem.SchemaValidationErrors {
			fmt.Println(" ", schema.InstancePath, schema.Reason)
		}
	}
	if !valid {
		os.Exit(1)
	}
}
