package main

import (
	"os"
	"path/filepath"
	"runtime"
)

// personDir is the program's folder for a kind of files of the person who runs it: below
// what a variable names, if that is an absolute path, or else where the system has them,
// which for Unix is a folder of the person's home.
//
// https://specifications.freedesktop.org/basedir-spec/latest/
func personDir(variable, unix string) string {
	if base := os.Getenv(variable); filepath.IsAbs(base) {
		return filepath.Join(base, "understudy")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "understudy")
	case "windows":
		return filepath.Join(os.Getenv("LocalAppData"), "understudy")
	}
	return filepath.Join(home, unix, "understudy")
}

// dataDir is where the person's local authority is.
func dataDir() string { return personDir("XDG_DATA_HOME", filepath.Join(".local", "share")) }
