package translate

import (
	"strconv"
	"strings"

	matchingv3 "github.com/cncf/xds/go/xds/core/v3"
	xdsmatcherv3 "github.com/cncf/xds/go/xds/type/matcher/v3"
	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	corsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	customresponsev3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/custom_response/v3"
	localresponsev3 "github.com/envoyproxy/go-control-plane/envoy/extensions/http/custom_response/local_response_policy/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"seaworthy/deploy/local/standins/ingress/internal/model"
)

// filters are a route's own settings for the filters before the router.
func filters(group *model.Group, mapping *model.Mapping) map[string]*anypb.Any {
	settings := map[string]*anypb.Any{}
	if group.CORS != nil {
		settings[corsFilter] = packed(cors(group.CORS))
	}
	if overrides := mapping.Spec.ErrorResponseOverrides; len(overrides) > 0 && !model.Is(mapping.Spec.BypassErrorResponseOverrides) {
		settings[responseFilter] = packed(errorResponses(overrides))
	}
	if len(settings) == 0 {
		return nil
	}
	return settings
}

func cors(policy *emissary.CORS) *corsv3.CorsPolicy {
	made := &corsv3.CorsPolicy{
		AllowMethods:  strings.Join(policy.Methods, ", "),
		AllowHeaders:  strings.Join(policy.Headers, ", "),
		ExposeHeaders: strings.Join(policy.ExposedHeaders, ", "),
		MaxAge:        policy.MaxAge,
	}
	if policy.Credentials != nil {
		made.AllowCredentials = wrapperspb.Bool(*policy.Credentials)
	}
	for _, origin := range policy.Origins {
		made.AllowOriginStringMatch = append(made.AllowOriginStringMatch, stringMatch(model.Matcher{Value: origin}))
	}
	return made
}

// errorResponses replaces the bodies of answers with these codes: Envoy's own and the service's.
func errorResponses(overrides []emissary.ErrorResponseOverride) *customresponsev3.CustomResponse {
	byCode := map[string]*xdsmatcherv3.Matcher_OnMatch{}
	for _, override := range overrides {
		code := strconv.Itoa(override.OnStatusCode)
		if byCode[code] != nil {
			continue
		}
		byCode[code] = &xdsmatcherv3.Matcher_OnMatch{OnMatch: &xdsmatcherv3.Matcher_OnMatch_Action{
			Action: &matchingv3.TypedExtensionConfig{
				Name:        "body",
				TypedConfig: packed(localResponse(override.Body)),
			},
		}}
	}
	return &customresponsev3.CustomResponse{CustomResponseMatcher: &xdsmatcherv3.Matcher{
		MatcherType: &xdsmatcherv3.Matcher_MatcherTree_{MatcherTree: &xdsmatcherv3.Matcher_MatcherTree{
			Input: &matchingv3.TypedExtensionConfig{
				Name:        "code",
				TypedConfig: packed(&matcherv3.HttpResponseStatusCodeMatchInput{}),
			},
			TreeType: &xdsmatcherv3.Matcher_MatcherTree_ExactMatchMap{
				ExactMatchMap: &xdsmatcherv3.Matcher_MatcherTree_MatchMap{Map: byCode},
			},
		}},
	}}
}

func localResponse(body emissary.ErrorResponseOverrideBody) *localresponsev3.LocalResponsePolicy {
	made, contentType := &localresponsev3.LocalResponsePolicy{}, body.ContentType
	if body.ErrorResponseJsonFormat != nil {
		fields := map[string]*structpb.Value{}
		for name, value := range *body.ErrorResponseJsonFormat {
			fields[name] = structpb.NewStringValue(value)
		}
		made.BodyFormat = &corev3.SubstitutionFormatString{Format: &corev3.SubstitutionFormatString_JsonFormat{
			JsonFormat: &structpb.Struct{Fields: fields},
		}}
		contentType = "application/json"
	} else {
		made.BodyFormat = text(*body.ErrorResponseTextFormat)
	}
	if contentType != "" {
		overwrite := false
		made.ResponseHeadersToAdd = addedHeaders(map[string]emissary.AddedHeader{"content-type": {Value: contentType, Append: &overwrite}})
	}
	return made
}
