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

// metricsAPI answers for the namespace of the ServiceAccount whose token it is sent, and nobody else gets the token.
const metricsAPI = "http://metrics-api.linkerd-viz:8085"

// query asks for the values now.
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
	token := ""
	if c.metrics == metricsAPI {
		token = c.token
	}
	if err := getJSON(ctx, client, c.metrics+"/api/v1/query?query="+url.QueryEscape(expression), token, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", c.metrics, err)
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
