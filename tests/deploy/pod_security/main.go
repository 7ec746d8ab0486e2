// Reads pods as JSON, [{name, metadata, spec}], and prints a line for each that the level "restricted" forbids.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type pod struct {
	Name     string            `json:"name"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     corev1.PodSpec    `json:"spec"`
}

func main() {
	var pods []pod
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&pods); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, p := range pods {
		for _, result := range evaluator.EvaluatePod(restricted, &p.Metadata, &p.Spec) {
			if !result.Allowed {
				fmt.Printf("%s: %s: %s\n", p.Name, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	}
}
