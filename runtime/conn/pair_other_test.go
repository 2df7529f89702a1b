//go:build !linux

package conn

import "testing"

var systemTransports map[string]func(testing.TB) pair
