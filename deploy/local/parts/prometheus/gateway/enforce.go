package main

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// promQL is the language without its experimental functions, of which info reads series that its arguments do not select.
var promQL = parser.NewParser(parser.Options{})

// enforce limits everything that the query selects to series of the namespace.
func enforce(query, namespace string) (string, error) {
	expression, err := promQL.ParseExpr(query)
	if err != nil {
		return "", err
	}
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			own := labels.MustNewMatcher(labels.MatchEqual, "namespace", namespace)
			selector.LabelMatchers = append(selector.LabelMatchers, own)
		}
		return nil
	})
	limited := expression.String()
	if _, err := promQL.ParseExpr(limited); err != nil {
		return "", fmt.Errorf("the query cannot be limited to the namespace: %w", err)
	}
	return limited, nil
}
