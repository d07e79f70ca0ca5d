package policy

import (
	"fmt"
	"log/slog"
	"net"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// anyIdentity is every client whose certificate the mesh has issued.
var anyIdentity = object{"authenticated": object{}}

func rule(permissions []object, principal object) object {
	return object{"permissions": permissions, "principals": []object{principal}}
}

func all(principals ...object) object { return object{"and_ids": object{"ids": principals}} }

func anyOf(principals []object) object {
	if len(principals) == 0 {
		return object{"not_id": object{"any": true}}
	}
	return object{"or_ids": object{"ids": principals}}
}

// addresses matches a client's address against ranges, without some others.
func addresses(ranges, except []string) object {
	var included []object
	for _, cidr := range ranges {
		if block := addressRange(cidr); block != nil {
			included = append(included, object{"direct_remote_ip": block})
		}
	}
	matched := []object{anyOf(included)}
	for _, cidr := range except {
		if block := addressRange(cidr); block != nil {
			matched = append(matched, object{"not_id": object{"direct_remote_ip": block}})
		}
	}
	return all(matched...)
}

// addressRange reads a CIDR, or one address.
func addressRange(cidr string) object {
	if ip := net.ParseIP(cidr); ip != nil {
		length := 128
		if ip.To4() != nil {
			length = 32
		}
		return object{"address_prefix": cidr, "prefix_len": length}
	}
	_, network, err := net.ParseCIDR(cidr)
	if err != nil {
		slog.Warn("network ignored", "cidr", cidr, "error", err)
		return nil
	}
	ones, _ := network.Mask.Size()
	return object{"address_prefix": network.IP.String(), "prefix_len": ones}
}

// isFor tells whether a policy is for a Server or for its whole namespace.
func (r Rules) isFor(authorization *cluster.AuthorizationPolicy, server *cluster.Server) bool {
	target := authorization.Spec.TargetRef
	if authorization.Namespace != server.Namespace {
		return false
	}
	switch {
	case target.Group == group && target.Kind == "Server":
		return target.Name == server.Name
	case (target.Group == "" || target.Group == "core") && target.Kind == "Namespace":
		return target.Name == server.Namespace
	default:
		slog.Warn("authorization policy ignored: only a Server or a Namespace can be its target here",
			"policy", authorization.Namespace+"/"+authorization.Name, "target", target.Kind)
		return false
	}
}

// add adds a policy whose every authentication can be read; it has at most one of each sort.
func (r Rules) add(policies object, authorization *cluster.AuthorizationPolicy) {
	var required []object
	identities, networks := 0, 0
	for _, reference := range authorization.Spec.RequiredAuthenticationRefs {
		principal, err := r.principal(reference, authorization.Namespace)
		if err != nil {
			slog.Warn("authorization policy ignored", "policy", authorization.Namespace+"/"+authorization.Name, "error", err)
			return
		}
		if reference.Kind == "NetworkAuthentication" {
			networks++
		} else {
			identities++
		}
		required = append(required, principal)
	}
	if identities > 1 || networks > 1 {
		slog.Warn("authorization policy ignored: it has two authentications of one sort",
			"policy", authorization.Namespace+"/"+authorization.Name)
		return
	}
	principal := object{"any": true}
	if len(required) > 0 {
		principal = all(required...)
	}
	policies["authorizationpolicy/"+authorization.Name] = rule([]object{{"any": true}}, principal)
}

func (r Rules) principal(reference cluster.Reference, namespace string) (object, error) {
	if reference.Namespace != "" {
		namespace = reference.Namespace
	}
	key := namespace + "/" + reference.Name
	switch reference.Kind {
	case "ServiceAccount":
		return identity(names.Identity(reference.Name, namespace)), nil
	case "MeshTLSAuthentication":
		found, ok := r.view.MeshTLS[key]
		if !ok {
			return nil, fmt.Errorf("there is no MeshTLSAuthentication %s", key)
		}
		return meshPrincipal(found), nil
	case "NetworkAuthentication":
		found, ok := r.view.Networks[key]
		if !ok {
			return nil, fmt.Errorf("there is no NetworkAuthentication %s", key)
		}
		var blocks []object
		for _, network := range found.Spec.Networks {
			blocks = append(blocks, addresses([]string{network.CIDR}, network.Except))
		}
		return anyOf(blocks), nil
	default:
		return nil, fmt.Errorf("%s is no authentication", reference.Kind)
	}
}

func meshPrincipal(authentication *cluster.MeshTLSAuthentication) object {
	var ids []object
	for _, name := range authentication.Spec.Identities {
		ids = append(ids, identity(name))
	}
	for _, reference := range authentication.Spec.IdentityRefs {
		namespace := reference.Namespace
		if namespace == "" {
			namespace = authentication.Namespace
		}
		switch reference.Kind {
		case "ServiceAccount":
			ids = append(ids, identity(names.Identity(reference.Name, namespace)))
		case "Namespace":
			ids = append(ids, identity(names.Identity("*", reference.Name)))
		}
	}
	return anyOf(ids)
}

// identity matches one identity, all that end in a name, or all.
func identity(name string) object {
	suffix, isSuffix := strings.CutPrefix(name, "*")
	switch {
	case isSuffix && suffix == "":
		return anyIdentity
	case isSuffix:
		return object{"authenticated": object{"principal_name": object{"suffix": suffix}}}
	default:
		return object{"authenticated": object{"principal_name": object{"exact": name}}}
	}
}

func trimSlash(path string) string { return strings.TrimPrefix(path, "/") }
