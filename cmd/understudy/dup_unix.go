//go:build unix && !linux

package main

import "golang.org/x/sys/unix"

// dup makes newfd a duplicate of oldfd.
func dup(oldfd, newfd int) error { return unix.Dup2(oldfd, newfd) }
