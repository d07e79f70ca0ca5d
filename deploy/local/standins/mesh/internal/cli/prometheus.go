package cli

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// sample is one series of a query's answer.
type sample struct {
	labels map[string]string
	value  float64
}

// query asks Prometheus for the values now.
func (c *command) query(ctx context.Context, expression string) ([]sample, error) {
	answer := struct {
		Data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Value  [2]any            `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}{}
	client := &http.Client{Timeout: 15 * time.Second}
	if err := getJSON(ctx, client, c.prometheus+"/api/v1/query?query="+url.QueryEscape(expression), &answer); err != nil {
		return nil, fmt.Errorf("Prometheus at %s: %w", c.prometheus, err)
	}
	var samples []sample
	for _, series := range answer.Data.Result {
		text, _ := series.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err == nil && !math.IsNaN(value) {
			samples = append(samples, sample{labels: series.Metric, value: value})
		}
	}
	return samples, nil
}
