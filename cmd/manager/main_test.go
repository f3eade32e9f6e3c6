package main

import (
	"errors"
	"flag"
	"testing"
)

func TestParseReadsTheFlagsOfTheManifests(t *testing.T) {
	o, err := parse([]string{
		"--leader-elect", "--health-probe-bind-address=:8081", "--metrics-bind-address=:8080",
		"--renderer-image=r", "--engine-image=e", "--webhooks", "--namespace=darkroom-system",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !o.leaderElection || !o.admission.serve || o.admission.namespace != "darkroom-system" || o.metricsAddress != ":8080" || o.controllers.Images.Renderer != "r" || o.controllers.Images.Engine != "e" {
		t.Errorf("options %+v", o)
	}
}

func TestParseRefusesWhatItDoesNotKnow(t *testing.T) {
	if _, err := parse([]string{"--no-such-flag"}); err == nil || errors.Is(err, flag.ErrHelp) {
		t.Errorf("an unknown flag: %v", err)
	}
	if _, err := parse([]string{"--webhooks"}); err == nil {
		t.Error("webhooks are served without a namespace")
	}
	if _, err := parse([]string{"start"}); err == nil {
		t.Error("an argument is accepted")
	}
}
