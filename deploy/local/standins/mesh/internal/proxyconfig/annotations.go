package proxyconfig

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// maxRetriedBody is how much of a request's body is kept for another attempt.
const maxRetriedBody = 64 << 10

const (
	retryPrefix   = "retry.linkerd.io/"
	timeoutPrefix = "timeout.linkerd.io/"
	accrualMode   = "balancer.linkerd.io/failure-accrual"
	accrualPrefix = accrualMode + "-consecutive-"
)

// serviceRoute is the route to a Service with what its annotations say. A value that is wrong drops the whole of its group,
// and is logged, as the documentation says.
func serviceRoute(name string, service *corev1.Service) object {
	route := object{"cluster": name, "timeout": "0s"}
	retry, err := retryPolicy(service.Annotations)
	if err != nil {
		slog.Warn("annotation ignored", "service", service.Namespace+"/"+service.Name, "error", err)
	} else if retry != nil {
		route["retry_policy"] = retry
	}
	if err := setTimeouts(route, service.Annotations); err != nil {
		slog.Warn("annotation ignored", "service", service.Namespace+"/"+service.Name, "error", err)
	}
	return route
}

// setTimeouts uses Envoy's one timeout for a whole response for both of Linkerd's; the shorter one counts.
func setTimeouts(route object, annotations map[string]string) error {
	shortest := time.Duration(0)
	for _, name := range []string{"request", "response"} {
		limit, err := duration(annotations, timeoutPrefix+name, 0)
		if err != nil {
			return err
		}
		if limit > 0 && (shortest == 0 || limit < shortest) {
			shortest = limit
		}
	}
	idle, err := duration(annotations, timeoutPrefix+"idle", 0)
	if err != nil {
		return err
	}
	if shortest > 0 {
		route["timeout"] = seconds(shortest)
	}
	if idle > 0 {
		route["idle_timeout"] = seconds(idle)
	}
	return nil
}

func retryPolicy(annotations map[string]string) (object, error) {
	statuses, isHTTP := annotations[retryPrefix+"http"]
	conditions, isGRPC := annotations[retryPrefix+"grpc"]
	limit, isLimited := annotations[retryPrefix+"limit"]
	timeout, err := duration(annotations, retryPrefix+"timeout", 0)
	if err != nil {
		return nil, err
	}
	if !isHTTP && !isGRPC && !isLimited && timeout == 0 {
		return nil, nil
	}
	count := uint64(1)
	if isLimited {
		if count, err = strconv.ParseUint(limit, 10, 16); err != nil {
			return nil, fmt.Errorf("%slimit: %q is no number", retryPrefix, limit)
		}
		count = max(count, 1)
	}
	on := []string{"refused-stream"}
	policy := object{"num_retries": count, "retry_back_off": object{"base_interval": "0.025s", "max_interval": "0.25s"}}
	if isHTTP {
		codes, err := statusCodes(statuses)
		if err != nil {
			return nil, err
		}
		on = append(on, "retriable-status-codes")
		policy["retriable_status_codes"] = codes
	}
	for _, condition := range strings.Split(conditions, ",") {
		if condition = strings.TrimSpace(condition); condition == "" {
			continue
		}
		if !slices.Contains([]string{"cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"}, condition) {
			return nil, fmt.Errorf("%sgrpc: %q is no condition", retryPrefix, condition)
		}
		on = append(on, condition)
	}
	if timeout > 0 {
		// Envoy counts an attempt that took too long as a reset one.
		on = append(on, "reset")
		policy["per_try_timeout"] = seconds(timeout)
	}
	policy["retry_on"] = strings.Join(on, ",")
	return policy, nil
}

// statusCodes reads 5xx, gateway-error, single codes and ranges.
func statusCodes(list string) ([]int, error) {
	var codes []int
	for _, entry := range strings.Split(list, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(entry), "-")
		switch {
		case first == "5xx":
			first, last = "500", "599"
		case first == "gateway" && last == "error":
			first, last = "502", "504"
		case !isRange:
			last = first
		}
		from, err := strconv.Atoi(first)
		to, errLast := strconv.Atoi(last)
		if err != nil || errLast != nil || from < 100 || to > 599 || to < from {
			return nil, fmt.Errorf("%shttp: %q is no status code", retryPrefix, entry)
		}
		for code := from; code <= to; code++ {
			codes = append(codes, code)
		}
	}
	return codes, nil
}

// outlierDetection takes an endpoint out of the balancing after a number of failures in a row. Envoy lets all requests back
// after the penalty, where the real proxy lets one through first.
func outlierDetection(annotations map[string]string) (object, error) {
	switch mode := annotations[accrualMode]; mode {
	case "":
		return nil, nil
	case "consecutive":
	default:
		return nil, fmt.Errorf("%s: %q is not known here, only consecutive", accrualMode, mode)
	}
	failures := uint64(7)
	if text, ok := annotations[accrualPrefix+"max-failures"]; ok {
		parsed, err := strconv.ParseUint(text, 10, 32)
		if err != nil || parsed == 0 {
			return nil, fmt.Errorf("%smax-failures: %q is no number", accrualPrefix, text)
		}
		failures = parsed
	}
	least, err := duration(annotations, accrualPrefix+"min-penalty", time.Second)
	if err != nil {
		return nil, err
	}
	most, err := duration(annotations, accrualPrefix+"max-penalty", time.Minute)
	if err != nil {
		return nil, err
	}
	if most < least {
		return nil, fmt.Errorf("%smax-penalty is below min-penalty", accrualPrefix)
	}
	return object{
		"consecutive_5xx": failures, "enforcing_consecutive_5xx": 100, "interval": "0.25s",
		"base_ejection_time": seconds(least), "max_ejection_time": seconds(most), "max_ejection_percent": 100,
		"enforcing_success_rate": 0, "enforcing_consecutive_gateway_failure": 0, "enforcing_failure_percentage": 0,
	}, nil
}

func duration(annotations map[string]string, name string, fallback time.Duration) (time.Duration, error) {
	text, ok := annotations[name]
	if !ok {
		return fallback, nil
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed < 0 {
		return 0, fmt.Errorf("%s: %q is no duration with a unit", name, text)
	}
	return parsed, nil
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s" }
