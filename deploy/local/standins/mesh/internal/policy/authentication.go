package policy

import (
	"fmt"
	"log/slog"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

func rule(permission, principal object) object {
	return object{"permissions": []object{permission}, "principals": []object{principal}}
}

// isFor tells whether a policy is for a Server or for its whole namespace; the API refuses other targets.
func isFor(authorization *cluster.AuthorizationPolicy, server *cluster.Server) bool {
	target := authorization.Spec.TargetRef
	return authorization.Namespace == server.Namespace &&
		(target.Kind == "Server" && target.Name == server.Name || target.Kind == "Namespace" && target.Name == server.Namespace)
}

// add adds a policy whose authentication is there; without one, it allows everyone.
func (r Rules) add(policies object, authorization *cluster.AuthorizationPolicy) {
	principal := object{"any": true}
	for _, reference := range authorization.Spec.RequiredAuthenticationRefs {
		required, err := r.principal(reference, authorization.Namespace)
		if err != nil {
			slog.Warn("authorization policy ignored", "policy", authorization.Namespace+"/"+authorization.Name, "error", err)
			return
		}
		principal = required
	}
	policies["authorizationpolicy/"+authorization.Name] = rule(object{"any": true}, principal)
}

func (r Rules) principal(reference cluster.Reference, namespace string) (object, error) {
	if reference.Namespace != "" {
		namespace = reference.Namespace
	}
	if reference.Kind == "ServiceAccount" {
		return identity(names.Identity(reference.Name, namespace)), nil
	}
	found, ok := r.view.MeshTLS[namespace+"/"+reference.Name]
	if !ok {
		return nil, fmt.Errorf("there is no MeshTLSAuthentication %s/%s", namespace, reference.Name)
	}
	var ids []object
	for _, name := range found.Spec.Identities {
		ids = append(ids, identity(name))
	}
	for _, inner := range found.Spec.IdentityRefs {
		switch within := inner.Namespace; {
		case inner.Kind == "Namespace":
			ids = append(ids, identity(names.Identity("*", inner.Name)))
		case within == "":
			ids = append(ids, identity(names.Identity(inner.Name, namespace)))
		default:
			ids = append(ids, identity(names.Identity(inner.Name, within)))
		}
	}
	return object{"or_ids": object{"ids": ids}}, nil
}

// identity matches one identity, all that end in a name, or all that the mesh has issued.
func identity(name string) object {
	suffix, isSuffix := strings.CutPrefix(name, "*")
	switch {
	case name == "*":
		return object{"authenticated": object{}}
	case isSuffix:
		return object{"authenticated": object{"principal_name": object{"suffix": suffix}}}
	default:
		return object{"authenticated": object{"principal_name": object{"exact": name}}}
	}
}
