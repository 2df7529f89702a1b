package directives

import (
	"slices"
	"strings"
	"testing"

	"understudy/directives/spec"
)

// A directive whose argument is a file, a folder, an address or a zone by its syntax says
// so: --path, check and run look at no other list.
func TestNames(t *testing.T) {
	words := []string{"file", "path", "directory", "zone"}
	others := []string{
		"include",            // the parser's
		"index", "try_files", // below the root
		"userid_path",       // of cookies
		"proxy_cookie_path", // likewise
	}
	for _, e := range Table.Entries() {
		first, _, _ := strings.Cut(e.Syntax, " ")
		if slices.Contains(words, first) != (e.Names.IsFile() || e.Names == spec.ZoneName) && e.State != spec.Unsupported && !e.Third && !slices.Contains(others, e.Name) && !named[e.Name] {
			t.Errorf("%s %s: Names is %v", e.Name, e.Syntax, e.Names)
		}
		if strings.HasSuffix(e.Name, "_pass") && e.State != spec.Unsupported && e.Names != spec.ServerAddress {
			t.Errorf("%s: Names is %v", e.Name, e.Names)
		}
	}
}

// named are those whose syntax says it in another way.
var named = map[string]bool{"proxy_store": true, "fastcgi_store": true, "scgi_store": true, "uwsgi_store": true, "zone": true, "limit_req": true}
