// Package stock has the files that come with nginx, or with a package of it,
// and that configurations include by habit: types of files, and parameters of
// FastCGI and its like. They stand in where a configuration is read on a
// machine that does not have them.
package stock

import (
	"embed"
	"path"
	"strings"
)

//go:embed files
var files embed.FS

// names are the files by the end of their names.
var names = []string{
	"mime.types", "fastcgi.conf", "fastcgi_params", "scgi_params", "uwsgi_params",
	"proxy_params",              // of Debian's package
	"snippets/fastcgi-php.conf", // likewise
}

// Find returns the text of the file that a name, with any folder before it, is
// known for.
func Find(name string) ([]byte, bool) {
	for _, n := range names {
		if name == n || strings.HasSuffix(name, "/"+n) {
			text, err := files.ReadFile("files/" + path.Base(n))
			return text, err == nil
		}
	}
	return nil, false
}
