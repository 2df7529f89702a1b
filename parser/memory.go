package parser

import (
	"io/fs"
	"slices"
	"strings"
)

// Memory returns options that load the files of a map, by name, instead of the
// disk's.
func Memory(files map[string]string) Options {
	return Options{
		ReadFile: func(name string) ([]byte, error) {
			src, ok := files[name]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			return []byte(src), nil
		},
		Glob: func(pattern string) ([]string, error) {
			var out []string
			for name := range files {
				if matchPath(pattern, name) {
					out = append(out, name)
				}
			}
			slices.Sort(out)
			return out, nil
		},
	}
}

// matchPath matches the parts of a path one by one.
func matchPath(pattern, name string) bool {
	parts, names := strings.Split(pattern, "/"), strings.Split(name, "/")
	return slices.EqualFunc(parts, names, func(part, name string) bool {
		if !hasMeta(part) {
			return unquoteMeta(part) == name
		}
		return Match(part, name)
	})
}
