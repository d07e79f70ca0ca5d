package proxyconfig

import (
	"reflect"
	"testing"
)

func TestRetryAnnotationsBecomeEnvoysPolicy(t *testing.T) {
	policy, err := retryPolicy(map[string]string{"retry.linkerd.io/http": "gateway-error,429", "retry.linkerd.io/grpc": "unavailable", "retry.linkerd.io/limit": "3"})
	if err != nil {
		t.Fatal(err)
	}
	if policy["retry_on"] != "refused-stream,retriable-status-codes,unavailable" || policy["num_retries"] != uint64(3) ||
		!reflect.DeepEqual(policy["retriable_status_codes"], []int{502, 503, 504, 429}) {
		t.Errorf("%v", policy)
	}
}

func TestALimitAloneRetriesNoStatus(t *testing.T) {
	policy, err := retryPolicy(map[string]string{"retry.linkerd.io/limit": "3"})
	if err != nil || policy["retry_on"] != "refused-stream" || policy["retriable_status_codes"] != nil {
		t.Errorf("%v, %v", policy, err)
	}
	if policy, err := retryPolicy(nil); policy != nil || err != nil {
		t.Errorf("without annotations: %v, %v", policy, err)
	}
}

func TestAValueThatCannotBeReadDropsItsGroup(t *testing.T) {
	for name, value := range map[string]string{
		"retry.linkerd.io/http": "6xx", "retry.linkerd.io/limit": "many", "retry.linkerd.io/timeout": "5", "retry.linkerd.io/grpc": "sad",
	} {
		if policy, err := retryPolicy(map[string]string{"retry.linkerd.io/http": "5xx", name: value}); err == nil {
			t.Errorf("%s %q was taken for %v", name, value, policy)
		}
	}
	// A number without a unit is no duration.
	if err := setTimeouts(object{}, map[string]string{"timeout.linkerd.io/request": "5"}); err == nil {
		t.Error("a timeout without a unit was taken")
	}
}

func TestTheShorterTimeoutCounts(t *testing.T) {
	route := object{}
	err := setTimeouts(route, map[string]string{"timeout.linkerd.io/request": "2s", "timeout.linkerd.io/response": "500ms", "timeout.linkerd.io/idle": "1m"})
	if err != nil || route["timeout"] != "0.5s" || route["idle_timeout"] != "60s" {
		t.Errorf("%v, %v", route, err)
	}
}

func TestFailureAccrualHasLinkerdsDefaults(t *testing.T) {
	detection, err := outlierDetection(map[string]string{"balancer.linkerd.io/failure-accrual": "consecutive"})
	if err != nil || detection["consecutive_5xx"] != uint64(7) || detection["base_ejection_time"] != "1s" || detection["max_ejection_time"] != "60s" {
		t.Errorf("%v, %v", detection, err)
	}
	if _, err := outlierDetection(map[string]string{"balancer.linkerd.io/failure-accrual": "unified"}); err == nil {
		t.Error("a mode that is not there was taken")
	}
	if detection, err := outlierDetection(nil); detection != nil || err != nil {
		t.Errorf("without the annotation: %v, %v", detection, err)
	}
}
