package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
)

// A report is what check has found, before it is printed in one of the formats.
type report struct {
	conf     string
	files    []parser.File // of the configuration
	found    diag.List
	deferred []fact
	part     string   // says that it is a part of one; "": it is whole
	supplied []string // blocks that it lacks
	count    map[diag.Severity]int
}

// level is the word of a severity in the formats for machines, and for people.
var level = map[diag.Severity]string{diag.Error: "error", diag.Warning: "warning", diag.Hint: "hint"}

// An edit, as JSON has it, replaces old, which may be empty, at a place.
type jsonEdit struct {
	spot
	Old string `json:"old"`
	New string `json:"new"`
}

type jsonFix struct {
	Title string     `json:"title"`
	Safe  bool       `json:"safe"`
	Edits []jsonEdit `json:"edits"`
}

type jsonFinding struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Severity string `json:"severity"`
	spot
	Message string   `json:"message"`
	Detail  string   `json:"detail,omitempty"`
	Fix     *jsonFix `json:"fix,omitempty"`
}

// json prints the report as one object. Fields may be added; shape is counted up when
// one changes its meaning or goes.
func (r *report) json(w io.Writer) error {
	out := struct {
		Shape    int           `json:"shape"`
		Conf     string        `json:"conf"`
		Findings []jsonFinding `json:"findings"`
		Deferred []fact        `json:"deferred"`
		Supplied []string      `json:"supplied,omitempty"`
		Errors   int           `json:"errors"`
		Warnings int           `json:"warnings"`
		Hints    int           `json:"hints"`
	}{1, r.conf, []jsonFinding{}, r.deferred, nil, r.count[diag.Error], r.count[diag.Warning], r.count[diag.Hint]}
	if out.Deferred == nil {
		out.Deferred = []fact{}
	}
	if r.part != "" {
		out.Supplied = r.supplied
	}
	for _, d := range r.found {
		f := jsonFinding{Code: d.ID(), Name: d.Code, Severity: level[d.Severity], spot: spotOf(d.Pos), Message: d.Msg, Detail: d.Detail}
		if d.Fix != nil {
			f.Fix = &jsonFix{Title: d.Fix.Title, Safe: d.Fix.Safe}
			for _, e := range d.Fix.Edits {
				f.Fix.Edits = append(f.Fix.Edits, jsonEdit{spotOf(e.At), e.Old, e.New})
			}
		}
		out.Findings = append(out.Findings, f)
	}
	return encode(w, out)
}

// encode prints x as JSON for files: HTML's letters stay as they are.
func encode(w io.Writer, x any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(x)
}

// github prints the report as annotations of a workflow.
// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
func (r *report) github(w io.Writer) {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, d := range r.found {
		command := map[diag.Severity]string{diag.Error: "error", diag.Warning: "warning", diag.Hint: "notice"}[d.Severity]
		at := ""
		if d.Pos.IsValid() {
			at = fmt.Sprintf("file=%s,line=%d,col=%d,", property.Replace(filepath.ToSlash(d.Pos.File)), d.Pos.Line, d.Pos.Col)
		}
		text := d.Msg
		if d.Detail != "" {
			text += "\n" + d.Detail
		}
		fmt.Fprintf(w, "::%s %stitle=%s::%s\n", command, at, property.Replace(d.ID()+" "+d.Code), data.Replace(text))
	}
	if r.part != "" {
		fmt.Fprintf(w, "%s\n", r.part)
	}
	fmt.Fprintf(w, "%s: %s\n", r.conf, summary(r.count))
}
