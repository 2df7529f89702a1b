package main

import "golang.org/x/sys/unix"

// dup makes newfd a duplicate of oldfd. Not every Linux has dup2().
func dup(oldfd, newfd int) error { return unix.Dup3(oldfd, newfd, 0) }
