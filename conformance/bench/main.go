// Command bench runs nginx and understudy on the same configuration, one after
// the other in alternating rounds, and compares what they cost: CPU time per
// request first, because on one machine with the client that is the figure that
// means something, then requests per second, the 99th percentile, memory and
// start-up.
//
// CPU time is that of the server's whole process tree (utime and stime of
// /proc/PID/stat, workers included). The load generator and the backend run in
// this program, on the same CPUs, and are not counted. It needs Linux.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"time"
)

// settings are what the command line says.
type settings struct {
	nginx, understudy string // binaries; nginx may be ""
	only              *regexp.Regexp
	rounds            int
	requests          int           // per scenario and round, at most
	limit             time.Duration // per scenario and round
	connections       int
	tunnels           int
	many              int // tunnels that are open while a few work
	cpus              int
	json              string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := flags()
	if err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func flags() (settings, error) {
	var s settings
	flag.StringVar(&s.nginx, "nginx", lookup("NGINX_BIN", "nginx"), "`binary` of nginx; empty: measure understudy alone (env NGINX_BIN)")
	flag.StringVar(&s.understudy, "understudy", lookup("UNDERSTUDY_BIN", "understudy"), "`binary` of understudy (env UNDERSTUDY_BIN)")
	only := flag.String("only", "", "run the scenarios whose name matches `regexp`")
	flag.IntVar(&s.rounds, "rounds", 3, "`times` that each server is measured; the median counts")
	flag.IntVar(&s.requests, "requests", 30000, "`requests` per scenario and round, at most")
	flag.DurationVar(&s.limit, "time", 3*time.Second, "`duration` of a scenario in a round, at most")
	flag.IntVar(&s.connections, "connections", 16, "client `connections`, all kept alive")
	flag.IntVar(&s.tunnels, "tunnels", 1000, "idle WebSocket `tunnels` whose memory is measured")
	flag.IntVar(&s.many, "many", 10000, "`tunnels` that are open while one in a hundred works; fewer if the limit of open files is below twice that")
	short := flag.Bool("short", false, "a minute for all: one round, and a tenth of the load unless it is given")
	flag.IntVar(&s.cpus, "cpus", runtime.NumCPU(), "worker_processes for both, and GOMAXPROCS for understudy")
	flag.StringVar(&s.json, "json", "", "write the results to `file`, too")
	flag.Parse()
	if *short {
		s.rounds, s.requests, s.limit = 1, s.requests/10, s.limit/10
		s.tunnels, s.many = s.tunnels/2, s.many/10
	}
	var err error
	if s.only, err = regexp.Compile(*only); err != nil {
		return s, err
	}
	if s.understudy == "" {
		return s, fmt.Errorf("no binary of understudy: build one and name it with -understudy")
	}
	if s.rounds < 1 || s.requests < 1 || s.connections < 1 || s.tunnels < 1 || s.many < 100 || s.cpus < 1 {
		return s, fmt.Errorf("the counts must be positive, and -many 100 at least")
	}
	return s, nil
}

// lookup returns the binary that env or the search path names.
func lookup(env, name string) string {
	if bin, ok := os.LookupEnv(env); ok {
		return bin
	}
	bin, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return bin
}

// A report is what -json writes.
type report struct {
	Go          string            `json:"go"`
	CPUs        int               `json:"cpus"` // of the machine
	Workers     int               `json:"workers"`
	Rounds      int               `json:"rounds"`
	Connections int               `json:"connections"`
	Versions    map[string]string `json:"versions"`
	Results     []result          `json:"results"`
}

// A result is the medians of one server in one scenario. What a scenario does
// not measure is absent.
type result struct {
	Scenario string             `json:"scenario"`
	Server   string             `json:"server"`
	Metrics  map[metric]float64 `json:"metrics"`
}

func (s settings) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeFiles(dir); err != nil {
		return err
	}
	back, err := listenBackend()
	if err != nil {
		return err
	}
	defer back.Close()
	udp, err := listenDatagrams()
	if err != nil {
		return err
	}
	defer udp.Close()

	bins := []binary{{name: "understudy", path: s.understudy}}
	if s.nginx != "" {
		bins = []binary{{name: "nginx", path: s.nginx}, bins[0]}
	}
	rep := report{Go: runtime.Version(), CPUs: runtime.NumCPU(), Workers: s.cpus, Rounds: s.rounds,
		Connections: s.connections, Versions: make(map[string]string)}
	for i := range bins {
		if err := bins[i].look(ctx); err != nil {
			return err
		}
		rep.Versions[bins[i].name] = bins[i].version
	}
	rep.print(os.Stdout, bins)

	m := make(measured)
	for round := range s.rounds {
		for _, b := range bins {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, s.rounds, b.name)
			for _, sc := range scenarios {
				if !s.only.MatchString(sc.name) {
					continue
				}
				if sc.needs&^b.modules != 0 {
					continue
				}
				got, err := sc.measure(ctx, &run{settings: s, binary: b, dir: dir, backend: back.Addr(), datagrams: udp.LocalAddr()})
				if err != nil {
					return fmt.Errorf("%s: %s: %w", b.name, sc.name, err)
				}
				m.add(sc.name, b.name, got)
			}
		}
	}
	fmt.Println()
	rep.Results = m.medians(bins)
	table(os.Stdout, rep.Results, bins)
	if s.json == "" {
		return nil
	}
	out, err := json.MarshalIndent(rep, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(s.json, append(out, '\n'), 0o644)
}
