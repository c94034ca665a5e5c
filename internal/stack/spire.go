package stack

// The group, version and kinds of the objects that the SPIRE server API carries, named after its protobuf types. An entry is
// named by its id, a federation relationship by its trust domain.
const (
	SPIREGroup                  = "spire.api.types"
	SPIREVersion                = "v1"
	SPIREEntry                  = "Entry"
	SPIREFederationRelationship = "FederationRelationship"
)

// SPIREKey names an object of the SPIRE server API.
func SPIREKey(kind, name string) Key {
	return Key{Group: SPIREGroup, Version: SPIREVersion, Kind: kind, Name: name}
}
