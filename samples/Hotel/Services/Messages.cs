namespace Hotel;

/// <summary>What services ask each other; JSON.</summary>
internal sealed record AvailabilityRequest(string CustomerName, string[] HotelIds, string InDate, string OutDate, int Rooms);

internal sealed record ReservationRequest(string CustomerName, string HotelId, string InDate, string OutDate, int Rooms);

internal sealed record RatesRequest(string[] HotelIds, string InDate, string OutDate);

internal sealed record ProfilesRequest(string[] HotelIds, string Locale);

internal sealed record UserRequest(string Username, string Password);

/// <summary>What a room costs.</summary>
internal sealed record RatePlan(string HotelId, string Code, string InDate, string OutDate, string RoomType, double Total);

/// <summary>What a hotel tells about itself.</summary>
internal sealed record HotelProfile(string Id, string Name, string PhoneNumber, string Description, string Address, double Lat, double Lon);
