package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// settings are what the environment says about this server.
type settings struct {
	// listen is the address to listen on: QOTM_LISTEN.
	listen string
	// server is the name in every answer: QOTM_SERVER, by default the host's name, which in a pod is the pod's.
	server string
	// drainDelay is how long the server still answers after the signal to stop: QOTM_DRAIN_DELAY_MS.
	drainDelay time.Duration
	// logProbes also logs probes and scrapes that went well: QOTM_LOG_PROBES.
	logProbes bool
	// fault is the fault to start with: QOTM_ERROR_RATE, QOTM_LATENCY_MS, QOTM_READY.
	fault fault
}

func readSettings(environment func(string) string) (settings, error) {
	host, unnamed := os.Hostname()
	if unnamed != nil {
		host = "qotm"
	}
	var err error
	read := settings{listen: ":8080", server: host, drainDelay: 500 * time.Millisecond, fault: noFault}
	if value := environment("QOTM_LISTEN"); value != "" {
		read.listen = value
	}
	if value := environment("QOTM_SERVER"); value != "" {
		read.server = value
	}
	drainDelay := read.drainDelay.Milliseconds()
	parse(&err, environment, "QOTM_DRAIN_DELAY_MS", &drainDelay, parseInteger)
	read.drainDelay = time.Duration(drainDelay) * time.Millisecond
	parse(&err, environment, "QOTM_LOG_PROBES", &read.logProbes, strconv.ParseBool)
	parse(&err, environment, "QOTM_ERROR_RATE", &read.fault.ErrorRate, parseFloat)
	parse(&err, environment, "QOTM_LATENCY_MS", &read.fault.LatencyMilliseconds, parseInteger)
	parse(&err, environment, "QOTM_READY", &read.fault.Ready, strconv.ParseBool)
	if err == nil {
		err = read.fault.validate()
	}
	return read, err
}

// parse fills the target from a variable that is set; the first mistake is kept.
func parse[T any](first *error, environment func(string) string, name string, target *T, read func(string) (T, error)) {
	text := environment(name)
	if text == "" {
		return
	}
	value, err := read(text)
	if err != nil {
		if *first == nil {
			*first = fmt.Errorf("%s=%q is not a value it can have", name, text)
		}
		return
	}
	*target = value
}

func parseInteger(text string) (int64, error) { return strconv.ParseInt(text, 10, 32) }

func parseFloat(text string) (float64, error) { return strconv.ParseFloat(text, 64) }
