package main

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"understudy/parser/diag"
)

// The parts of SARIF 2.1.0 that a report has.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID    string     `json:"id"`
		Name  string     `json:"name"`
		Short sarifText  `json:"shortDescription"`
		Full  *sarifText `json:"fullDescription,omitempty"`
		Help  *sarifText `json:"help,omitempty"`
	}
	sarifFile struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
		EndLn  int `json:"endLine,omitempty"`
		EndCol int `json:"endColumn,omitempty"`
	}
	sarifPhysical struct {
		File   sarifFile    `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted *sarifText  `json:"insertedContent,omitempty"`
	}
	sarifChange struct {
		File         sarifFile          `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifResult struct {
		Rule      string          `json:"ruleId"`
		Index     int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
)

// sarif prints the report as a log of one run. Its rules are those of the catalog that
// have results.
func (r *report) sarif(w io.Writer) error {
	at := columns(linesOf(r.files))
	index := map[string]int{}
	rules, results := []sarifRule{}, []sarifResult{}
	for _, d := range r.found {
		id := d.ID()
		if _, ok := index[id]; !ok {
			index[id] = len(rules)
			rule := sarifRule{ID: id, Name: d.Code, Short: sarifText{d.Code}}
			if e := diag.Find(d.Code); e != nil {
				rule.Full, rule.Help = &sarifText{e.Means}, &sarifText{e.Fix}
			}
			rules = append(rules, rule)
		}
		text := d.Msg
		if d.Detail != "" {
			text += "\n" + d.Detail
		}
		x := sarifResult{
			Rule: id, Index: index[id], Message: sarifText{text},
			Level: map[diag.Severity]string{diag.Error: "error", diag.Warning: "warning", diag.Hint: "note"}[d.Severity],
		}
		if d.Pos.File != "" {
			where := sarifPhysical{File: sarifFileOf(d.Pos.File)}
			if d.Pos.IsValid() {
				where.Region = &sarifRegion{Line: d.Pos.Line, Column: at.column(d.Pos)}
			}
			x.Locations = []sarifLocation{{where}}
		}
		if d.Fix != nil && len(d.Fix.Edits) > 0 {
			f := sarifFix{Description: sarifText{d.Fix.Title}}
			for _, e := range d.Fix.Edits {
				f.Changes = append(f.Changes, sarifChange{sarifFileOf(e.At.File), []sarifReplacement{{
					Deleted:  at.region(e),
					Inserted: &sarifText{e.New},
				}}})
			}
			x.Fixes = []sarifFix{f}
		}
		results = append(results, x)
	}
	return encode(w, map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": map[string]any{
				"name": "understudy", "semanticVersion": sarifVersion(), "rules": rules,
			}},
			"columnKind": "utf16CodeUnits",
			"results":    results,
		}},
	})
}

// columns are the lines of files, in which places have their columns in bytes.
type columns map[string][]string

// column is that of a place in UTF-16 code units, as the log declares.
func (c columns) column(p diag.Pos) int {
	lines := c[p.File]
	if p.Line > len(lines) || p.Col < 1 || p.Col > len(lines[p.Line-1])+1 {
		return p.Col
	}
	return units(lines[p.Line-1][:p.Col-1]) + 1
}

// region is what an edit deletes.
func (c columns) region(e diag.Edit) sarifRegion {
	from := sarifRegion{Line: e.At.Line, Column: c.column(e.At), EndLn: e.At.Line}
	from.EndCol = from.Column + units(e.Old)
	if i := strings.LastIndexByte(e.Old, '\n'); i >= 0 {
		from.EndLn += strings.Count(e.Old, "\n")
		from.EndCol = units(e.Old[i+1:]) + 1
	}
	return from
}

// units is the length of a text in UTF-16 code units.
func units(s string) (n int) {
	for _, c := range s {
		n += utf16.RuneLen(c)
	}
	return n
}

func sarifVersion() string {
	if v := ownVersion(); isVersion(v) {
		return v
	}
	return "0.0.0"
}

// sarifFileOf names a file by a URI, relative where the name is.
func sarifFileOf(name string) sarifFile {
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return sarifFile{u.String()}
}
