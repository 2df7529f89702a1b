package main

import "math"

// oldSuffix is added to the name of the pid file while a new binary runs.
const oldSuffix = ".oldbin"

// parsePid reads the number in a pid file: decimal digits, and nothing else.
func parsePid(s string) (pid int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || pid > (math.MaxInt32-9)/10 {
			return 0, false
		}
		pid = pid*10 + int(c-'0')
	}
	return pid, pid > 0 // 0 would be the whole process group
}
