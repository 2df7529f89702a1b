//go:build race

package openfile

const raceEnabled = true
