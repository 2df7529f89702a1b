package directives_test

import (
	"io"
	"log/slog"
	"slices"
	"testing"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/zone"
)

// compileText compiles a configuration and returns what is wrong with it first.
func compileText(t *testing.T, text string, thirdParty bool) (*directives.Compiled, string) {
	t.Helper()
	tree, _ := parser.Load("conf/nginx.conf", parser.Memory(map[string]string{"conf/nginx.conf": text}))
	c, diags := directives.Compile(tree, spec.Options{
		Prefix: t.TempDir() + "/", Version: "1.31.5", ThirdParty: thirdParty,
		Zones: new(zone.Set), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if d, ok := diags.Err().(diag.Diagnostic); ok {
		return c, d.Msg
	}
	return c, ""
}

// TestThirdParty checks when the directives of modules that are none of nginx's
// are known, and what they take.
func TestThirdParty(t *testing.T) {
	const (
		br     = "load_module modules/ngx_http_brotli_filter_module.so; "
		static = "load_module /usr/lib/nginx/modules/ngx_http_brotli_static_module.so; "
		zs     = "load_module modules/ngx_http_zstd_filter_module.so; "
		zstat  = "load_module modules/ngx_http_zstd_static_module.so; "
	)
	for _, tt := range []struct {
		load, in string
		third    bool
		want     string
	}{
		{"", "brotli on;", false, `unknown directive "brotli"`},
		{"", "brotli_static on;", false, `unknown directive "brotli_static"`},
		{"", "zstd on;", false, `unknown directive "zstd"`},
		{"", "log_format x $brotli_ratio;", false, `unknown "brotli_ratio" variable`},
		{"", "brotli on; zstd on; brotli_static on; zstd_static always; log_format x $brotli_ratio$zstd_ratio;", true, ""},
		{br, "brotli on;", false, ""},
		{br, "log_format x $brotli_ratio;", false, ""},
		{br, "brotli_static on;", false, `unknown directive "brotli_static"`},
		{br, "zstd on;", false, `unknown directive "zstd"`},
		{br + br, "", false, `module "ngx_http_brotli_filter_module" is already loaded`},
		{br, "", true, ""},
		{static, "brotli_static always;", false, ""},
		{static, "brotli_static yes;", false, `invalid value "yes"`},
		{zs, "zstd on; zstd_types *; zstd_min_length 1k; zstd_buffers 4 8k;", false, ""},
		{zstat, "zstd_static on;", false, ""},
		{br, "brotli_types text/css; brotli_comp_level 11; brotli_window 16m; brotli_min_length 1k; brotli_buffers 16 8k;", false, ""},
		{br, "brotli_comp_level 12;", false, "value must be between 0 and 11"},
		{br, "brotli_window 3k;", false, `"brotli_window" directive must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m or 16m`},
		{br, "brotli_window 32m;", false, `"brotli_window" directive must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m or 16m`},
		{br, "brotli_window x;", false, `"brotli_window" directive invalid value`},
		{br, "brotli on; brotli on;", false, `"brotli" directive is duplicate`},
		{zs, "zstd_comp_level 22;", false, ""},
		{zs, "zstd_comp_level -7;", false, ""},
		{zs, "zstd_comp_level 0;", false, "zstd compress level must between -131072 and 22 excluding 0"},
		{zs, "zstd_comp_level 23;", false, "zstd compress level must between -131072 and 22 excluding 0"},
		{zs, "zstd_comp_level x;", false, `"zstd_comp_level" directive invalid number`},
	} {
		if _, got := compileText(t, tt.load+"events {} http { "+tt.in+" }", tt.third); got != tt.want {
			t.Errorf("%s%s (%v)\n got %s\nwant %s", tt.load, tt.in, tt.third, got, tt.want)
		}
	}
	if _, got := compileText(t, zs+"events {} http { zstd_dict_file d; }", false); got == "" {
		t.Error("zstd_dict_file is taken")
	}
}

// TestCodingOrder checks which coding wins: the first that the client takes.
func TestCodingOrder(t *testing.T) {
	c, msg := compileText(t, `events {} http { gzip on; zstd on; brotli on; gzip_static on; zstd_static on; brotli_static on;
		server { listen 127.0.0.1:20999; location / { } } }`, true)
	if msg != "" {
		t.Fatal(msg)
	}
	var filters, contents []string
	for _, f := range c.HTTP.Servers[0].Root.Filters {
		filters = append(filters, f.Name)
	}
	for _, s := range c.HTTP.Servers[0].Root.Contents {
		contents = append(contents, s.Name)
	}
	inOrder(t, filters, "brotli", "zstd", "gzip")
	inOrder(t, contents, "brotli_static", "zstd_static", "gzip_static", "static file")
}

func inOrder(t *testing.T, list []string, names ...string) {
	t.Helper()
	var got []string
	for _, n := range list {
		if slices.Contains(names, n) {
			got = append(got, n)
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("got %v, want %v", got, names)
	}
}
