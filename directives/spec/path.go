package spec

import (
	"errors"

	"understudy/runtime/httpd"
)

// TempPath reads a folder for temporary files and the lengths of the names of
// its subfolders, for Scalar.
func TempPath(call *Call) (*httpd.TempPath, error) {
	t := &httpd.TempPath{Dir: call.Scope.FullName(call.Args[0].Text)}
	for _, a := range call.Args[1:] {
		n, ok := ParseNumber(a.Text)
		if !ok || n == 0 || n > 3 {
			return nil, errors.New("invalid value")
		}
		t.Levels = append(t.Levels, n)
	}
	SetResult(call.Scope, append(Result[TempDirs](call.Scope), t.Dir))
	return t, nil
}

// TempDirs are the folders for temporary files that a configuration names, or
// has by default: nginx creates them before it starts.
type TempDirs []string
