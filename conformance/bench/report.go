package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// A metric is one figure, named with its unit.
type metric string

const (
	cpuPerRequest   metric = "cpu_us_per_request"
	perSecond       metric = "requests_per_second"
	perCPUSecond    metric = "per_cpu_second" // handshakes
	p99             metric = "p99_us"
	memory          metric = "rss_mb"
	memoryPerTunnel metric = "kb_per_tunnel"
	wall            metric = "wall_ms"
	cpuTotal        metric = "cpu_ms"
)

// columns are the metrics of the table, each with its head and format.
var columns = []struct {
	metric
	head, format string
}{
	{cpuPerRequest, "CPU µs/req", "%.1f"},
	{perCPUSecond, "per CPU s", "%.0f"},
	{perSecond, "req/s", "%.0f"},
	{p99, "p99 µs", "%.0f"},
	{wall, "ms", "%.1f"},
	{cpuTotal, "CPU ms", "%.0f"},
	{memoryPerTunnel, "KB/tunnel", "%.1f"},
	{memory, "RSS MB", "%.1f"},
}

// measured holds the rounds: by scenario, server and metric.
type measured map[string]map[string]map[metric][]float64

func (m measured) add(scenario, server string, got map[metric]float64) {
	if m[scenario] == nil {
		m[scenario] = make(map[string]map[metric][]float64)
	}
	if m[scenario][server] == nil {
		m[scenario][server] = make(map[metric][]float64)
	}
	for k, v := range got {
		m[scenario][server][k] = append(m[scenario][server][k], v)
	}
}

func (m measured) medians(bins []binary) []result {
	var out []result
	for _, sc := range scenarios {
		for _, b := range bins {
			rounds := m[sc.name][b.name]
			if rounds == nil {
				continue // not asked for
			}
			r := result{sc.name, b.name, make(map[metric]float64)}
			for k, v := range rounds {
				slices.Sort(v)
				r.Metrics[k] = v[len(v)/2]
			}
			out = append(out, r)
		}
	}
	return out
}

// print says what is compared, and what to keep in mind.
func (r *report) print(w io.Writer, bins []binary) {
	for _, b := range bins {
		fmt.Fprintf(w, "%-11s %s", b.name, b.version)
		if b.modules&streamModule == 0 {
			fmt.Fprint(w, " (without the stream module: not measured)")
		}
		if b.modules&sslModule == 0 {
			fmt.Fprint(w, " (without TLS: not measured)")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "machine     %d CPUs, shared with the load generator and the backend (%s), which are not counted as CPU time\n", r.CPUs, r.Go)
	fmt.Fprintf(w, "settings    worker_processes %d for both and GOMAXPROCS=%d for understudy, so that both may use the same CPUs;\n"+
		"            %d connections, %d rounds in turns, medians\n\n", r.Workers, r.Workers, r.Connections, r.Rounds)
}

// table prints the results, a row for each server, and under each pair what
// understudy has of nginx's figure.
func table(w io.Writer, results []result, bins []binary) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer tw.Flush()
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.head
	}
	// The first column is ragged on the left for the tabwriter: it is padded here.
	width := 0
	for _, r := range results {
		width = max(width, len(r.Scenario))
	}
	row := func(scenario, server string, cells []string) {
		fmt.Fprintf(tw, "%-*s  %-10s\t%s\t\n", width, scenario, server, strings.Join(cells, "\t"))
	}
	row("", "", head)
	for i, r := range results {
		name := r.Scenario
		if i > 0 && results[i-1].Scenario == name {
			name = ""
		}
		cells, ratios := make([]string, len(columns)), make([]string, len(columns))
		for j, c := range columns {
			v, ok := r.Metrics[c.metric]
			if !ok {
				continue
			}
			cells[j] = fmt.Sprintf(c.format, v)
			if i > 0 && name == "" {
				if base := results[i-1].Metrics[c.metric]; base > 0 {
					ratios[j] = fmt.Sprintf("×%.2f", v/base)
				}
			}
		}
		row(name, r.Server, cells)
		if name == "" {
			row("", "ratio", ratios)
		}
	}
}
