package spec

import (
	"errors"

	"understudy/runtime/httpd"
)

// TempPath reads a folder for temporary files and the lengths of the names of
// its subfolders, for Scalar.
func TempPath(call *Call) (*httpd.TempPath, error) {
	t := &httpd.TempPath{Dir: call.Scope.FullName(call.Args[0].Text), Serial: call.Zones().Serial()}
	length := 0
	for _, a := range call.Args[1:] {
		n, ok := ParseNumber(a.Text)
		if !ok || n == 0 {
			return nil, errors.New("invalid value")
		}
		t.Levels = append(t.Levels, n)
		length += n + 1
	}
	if length > 10+len(t.Levels) { // digits of a file's name
		return nil, errors.New("invalid value")
	}
	SetResult(call.Scope, append(Result[TempDirs](call.Scope), t.Dir))
	return t, nil
}

// TempDirs are the folders for temporary files that a configuration names, or
// has by default: nginx creates them before it starts.
type TempDirs []string

// SizeTemplate reads a size that may have variables.
func SizeTemplate(call *Call) (*httpd.Template, error) {
	t, err := call.Template(0)
	if err != nil {
		return nil, err
	}
	if lit, ok := t.Literal(); ok {
		if _, ok := ParseSize(string(lit), false); !ok {
			return nil, errors.New("invalid value")
		}
	}
	return t, nil
}
