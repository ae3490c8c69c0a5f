using System.Security.Cryptography;
using System.Text;

namespace Hotel;

/// <summary>Whether a password is a user's. Hashes are read from the database at the start, as in DeathStarBench.</summary>
internal static class UserService
{
    public static async Task MapAsync(WebApplication app, Stores stores)
    {
        var hashes = (await stores.QueryAsync("select username, password_sha256 from users", row => (Name: row.GetString(0), Hash: row.GetString(1)))).ToDictionary(user => user.Name, user => user.Hash);
        app.MapPost("/check", (UserRequest request) => hashes.TryGetValue(request.Username, out var hash)
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(HotelData.Hash(request.Password))));
    }
}
