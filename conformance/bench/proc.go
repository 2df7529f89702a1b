package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A use is what a process tree has used: CPU time since its start, and resident
// memory in bytes.
type use struct {
	cpu time.Duration
	rss int64
}

// tick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on
// every Linux that Go runs on. The kernel scales them from exact run times, so
// that a sum over a second is good to a percent.
const tick = time.Second / 100

// usage adds up a process and its descendants.
func usage(pid int) (use, error) {
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return use{}, err
	}
	type process struct {
		use
		parent int
	}
	all := make(map[int]process)
	for _, name := range names {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// The second field, the command in parentheses, may hold anything.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) < 22 {
			return use{}, fmt.Errorf("%s has %d fields", name, len(fields)+2)
		}
		number := func(field int) int64 { // fields are counted as in proc(5)
			n, _ := strconv.ParseInt(string(fields[field-3]), 10, 64)
			return n
		}
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		all[id] = process{use{time.Duration(number(14)+number(15)) * tick, number(24) * int64(os.Getpagesize())}, int(number(4))}
	}
	if _, ok := all[pid]; !ok {
		return use{}, fmt.Errorf("no process %d in /proc", pid)
	}
	var sum use
	for id := range all {
		for up := id; up != 0; up = all[up].parent {
			if up == pid {
				sum.cpu += all[id].cpu
				sum.rss += all[id].rss
				break
			}
		}
	}
	return sum, nil
}
