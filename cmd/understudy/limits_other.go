//go:build !unix

package main

func (p *program) limits(*configuration) {}
