package main

import "runtime/debug"

// garbageMemory is how many bytes may be used before some are collected.
const garbageMemory = 512 << 20

// uncollected keeps garbage from being collected until the function that it returns is
// called: a process that reads a configuration once ends before that is worth the while.
func uncollected() (collected func()) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(garbageMemory)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}
