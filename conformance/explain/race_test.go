//go:build race

package explain_test

const racing = true
