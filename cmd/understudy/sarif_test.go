package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"understudy/parser"
	"understudy/parser/diag"
)

// sarifLog is the log of findings about files.
func sarifLog(t *testing.T, files []parser.File, found ...diag.Diagnostic) (text string) {
	t.Helper()
	var out bytes.Buffer
	if err := (&report{conf: "x.conf", files: files, found: found}).sarif(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Columns are counted in UTF-16 code units, and ours in bytes.
func TestSarifColumns(t *testing.T) {
	files := []parser.File{{Name: "x.conf", Src: []byte("a é “b”;\nc 😀 d 'e\nf';\n")}}
	for _, tt := range []struct {
		edit diag.Edit
		want sarifRegion
	}{
		{diag.Replace(diag.Pos{File: "x.conf", Line: 1, Col: 1}, "a", "z"), sarifRegion{1, 1, 1, 2}},
		{diag.Replace(diag.Pos{File: "x.conf", Line: 1, Col: 6}, "“b”", `"b"`), sarifRegion{1, 5, 1, 8}},
		{diag.Insert(diag.Pos{File: "x.conf", Line: 2, Col: 8}, "z"), sarifRegion{2, 6, 2, 6}},
		{diag.Replace(diag.Pos{File: "x.conf", Line: 2, Col: 10}, "'e\nf'", "z"), sarifRegion{2, 8, 3, 3}},
		{diag.Insert(diag.Pos{File: "y.conf", Line: 2, Col: 8}, "z"), sarifRegion{2, 8, 2, 8}}, // not known
	} {
		log := sarifLog(t, files, diag.Diagnostic{Pos: tt.edit.At, Code: "syntax", Msg: "m", Fix: &diag.Fix{Title: "f", Edits: []diag.Edit{tt.edit}}})
		var got struct {
			Runs []struct{ Results []sarifResult }
		}
		if err := json.Unmarshal([]byte(log), &got); err != nil {
			t.Fatal(err)
		}
		r := got.Runs[0].Results[0]
		if is := r.Fixes[0].Changes[0].Replacements[0].Deleted; is != tt.want {
			t.Errorf("%q: deleted region %v, want %v", tt.edit.Old, is, tt.want)
		}
		if at := r.Locations[0].Physical.Region; at.Column != tt.want.Column {
			t.Errorf("%q: column %d, want %d", tt.edit.Old, at.Column, tt.want.Column)
		}
	}
}

// sarifObjects are the objects of the schema that a log has: the properties that each
// must have, and the others that it may have of those that are written. All other
// properties are forbidden there.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json
var sarifObjects = map[string]struct{ must, may []string }{
	"":                             {[]string{"version", "runs"}, []string{"$schema"}},
	"runs":                         {[]string{"tool"}, []string{"results", "columnKind"}},
	"runs.tool":                    {[]string{"driver"}, nil},
	"runs.tool.driver":             {[]string{"name"}, []string{"semanticVersion", "rules"}},
	"runs.tool.driver.rules":       {[]string{"id"}, []string{"name", "shortDescription", "fullDescription", "help"}},
	"shortDescription":             {[]string{"text"}, nil},
	"fullDescription":              {[]string{"text"}, nil},
	"help":                         {[]string{"text"}, nil},
	"message":                      {[]string{"text"}, nil},
	"description":                  {[]string{"text"}, nil},
	"insertedContent":              {nil, []string{"text"}},
	"runs.results":                 {[]string{"message"}, []string{"ruleId", "ruleIndex", "level", "locations", "fixes"}},
	"locations":                    {nil, []string{"physicalLocation"}},
	"physicalLocation":             {[]string{"artifactLocation"}, []string{"region"}},
	"artifactLocation":             {nil, []string{"uri"}},
	"region":                       {nil, []string{"startLine", "startColumn", "endLine", "endColumn"}},
	"deletedRegion":                {nil, []string{"startLine", "startColumn", "endLine", "endColumn"}},
	"fixes":                        {[]string{"artifactChanges"}, []string{"description"}},
	"fixes.artifactChanges":        {[]string{"artifactLocation", "replacements"}, nil},
	"artifactChanges.replacements": {[]string{"deletedRegion"}, []string{"insertedContent"}},
}

// TestSarifShape holds a log to what the schema asks of these objects.
func TestSarifShape(t *testing.T) {
	at := diag.Pos{File: "dir with space/x.conf", Line: 1, Col: 1}
	log := sarifLog(t, nil,
		diag.Diagnostic{Pos: at, Severity: diag.Error, Code: "syntax", Msg: "m", Detail: "d", Fix: &diag.Fix{Title: "f", Edits: []diag.Edit{diag.Insert(at, "x")}}},
		diag.Diagnostic{Pos: at, Severity: diag.Warning, Code: "syntax", Msg: "m", Fix: &diag.Fix{Title: "nothing to write"}},
		diag.Diagnostic{Severity: diag.Hint, Code: "of-no-catalog", Msg: "m"},
		diag.Diagnostic{Pos: diag.Pos{File: "/abs"}, Severity: diag.Hint, Code: "syntax", Msg: "m"},
	)
	var x map[string]any
	if err := json.Unmarshal([]byte(log), &x); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	sarifObject(t, "", x, seen)
	for path := range sarifObjects {
		if !seen[path] {
			t.Errorf("no %q was looked at", path)
		}
	}
	for _, want := range []string{`"uri": "dir%20with%20space/x.conf"`, `"uri": "file:///abs"`, `"level": "note"`} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s", want)
		}
	}
}

func sarifObject(t *testing.T, path string, x map[string]any, seen map[string]bool) {
	t.Helper()
	name := path
	for {
		if _, ok := sarifObjects[name]; ok || name == "" {
			break
		}
		_, name, _ = strings.Cut(name, ".")
	}
	if name == "" && path != "" {
		t.Errorf("%q is not in the table", path)
		return
	}
	seen[name] = true
	rule := sarifObjects[name]
	for _, k := range rule.must {
		if x[k] == nil {
			t.Errorf("%q has no %q", path, k)
		}
	}
	for k, v := range x {
		if !slices.Contains(rule.must, k) && !slices.Contains(rule.may, k) {
			t.Errorf("%q has %q", path, k)
		}
		below := strings.TrimPrefix(path+"."+k, ".")
		switch v := v.(type) {
		case map[string]any:
			sarifObject(t, below, v, seen)
		case []any:
			if len(v) == 0 && (k == "artifactChanges" || k == "replacements") {
				t.Errorf("%q is empty", below)
			}
			for _, e := range v {
				if m, ok := e.(map[string]any); ok {
					sarifObject(t, below, m, seen)
				}
			}
		case float64:
			if k != "ruleIndex" && v < 1 {
				t.Errorf("%q is %v", below, v)
			}
		case string:
			if allowed := map[string][]string{"level": {"none", "note", "warning", "error"}, "columnKind": {"utf16CodeUnits", "unicodeCodePoints"}, "version": {"2.1.0"}}[k]; allowed != nil && !slices.Contains(allowed, v) {
				t.Errorf("%q is %s", below, fmt.Sprint(v))
			}
		}
	}
}
