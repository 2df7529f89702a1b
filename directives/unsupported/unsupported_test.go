package unsupported

import (
	"slices"
	"strings"
	"testing"

	"understudy/directives/spec"
	"understudy/parser"
)

// compile returns what nginx would print of text.
func compile(text string, ms ...spec.Module) []string {
	c := spec.Compile(spec.NewTable(ms...), parser.Parse("nginx.conf", text), spec.Options{})
	var got []string
	for _, d := range *c.Main.Diags() {
		got = append(got, d.Nginx())
	}
	return got
}

func TestModules(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"google_perftools_profiles p;", `the "google_perftools_profiles" directive is not supported yet in nginx.conf:1`},
		{"google_perftools_profiles;", `invalid number of arguments in "google_perftools_profiles" directive in nginx.conf:1`},
		{"pop3_auth plain;", `"pop3_auth" directive is not allowed here in nginx.conf:1`},
		{"mail;", `directive "mail" has no opening "{" in nginx.conf:1`},
		{"google_perftools_profiles p { }", `directive "google_perftools_profiles" is not terminated by ";" in nginx.conf:1`},
		{"lua_code_cache on;", `unknown directive "lua_code_cache" in nginx.conf:1`},

		// Nothing is said about what a block holds.
		{"mail {\n server { nonsense; }\n}", `the "mail" directive is not supported yet in nginx.conf:1`},
	} {
		if got := compile(tt.text, Modules()...); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// other declares two names that have rows: one wholly, one in part.
func other() spec.Module {
	nothing := spec.Ignore[int]("test", nil)
	return spec.CoreModule[int]{Name: "other", Directives: []spec.Directive[int]{
		{Name: "google_perftools_profiles", In: spec.Main, Args: spec.Exactly(1), Set: nothing},
		{Name: "pop3_auth", In: spec.Mail, Args: spec.AtLeast(1), Set: nothing},
	}}
}

func TestOthersWin(t *testing.T) {
	all := append([]spec.Module{other()}, Modules(other())...)
	table := spec.NewTable(all...) // panics if a name is declared twice
	if got := compile("google_perftools_profiles p;", all...); got != nil {
		t.Errorf("got %q, want nothing", got)
	}
	var in []string
	for _, e := range table.Lookup("pop3_auth") {
		in = append(in, e.State.String()+" in "+e.In.String())
	}
	if want := []string{"accepted in mail", "unsupported in mail server"}; !slices.Equal(in, want) {
		t.Errorf("pop3_auth: got %q, want %q", in, want)
	}
}

func TestStale(t *testing.T) {
	var got []string
	for _, r := range Stale(other()) {
		got = append(got, r.String())
	}
	want := []string{
		`google_perftools: delete the row of "google_perftools_profiles"`,
		`mail_pop3: take "mail" out of the row of "pop3_auth"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Stale(); got != nil {
		t.Errorf("without others: got %q, want nothing", got)
	}
}

// TestGroups checks that every group is of a module, and has rows.
func TestGroups(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups() {
		if seen[g.module] || len(g.rows) == 0 || strings.HasPrefix(g.module, "ngx_") {
			t.Errorf("group %q: twice, empty or misnamed", g.module)
		}
		seen[g.module] = true
	}
}
