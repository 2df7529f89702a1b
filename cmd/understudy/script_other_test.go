//go:build !unix

package main

import "github.com/rogpeppe/go-internal/testscript"

func sendSignalTo(ts *testscript.TestScript, neg bool, args []string) {
	ts.Fatalf("there are no signals on this system")
}

func ended(ts *testscript.TestScript, neg bool, args []string) {
	ts.Fatalf("there is no process but this on this system")
}
