//go:build race

package gzip

const raceEnabled = true
