using System.Globalization;
using Shop;

// shop frontend|cart|stock --urls http://127.0.0.1:PORT [--next http://127.0.0.1:PORT] [--traces FILE]
// shop load --target http://127.0.0.1:PORT [--rate N]
var role = args.FirstOrDefault() ?? "";
var options = args.Skip(1).Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1]);
switch (role)
{
    case "frontend" or "cart" or "stock":
        await ShopService.RunAsync(role, options);
        return 0;
    case "load":
        await LoadGenerator.RunAsync(new Uri(options["target"]), double.Parse(options.GetValueOrDefault("rate", "50"), CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("shop frontend|cart|stock --urls URL [--next URL] [--traces FILE], or shop load --target URL [--rate REQUESTS_PER_SECOND]");
        return 2;
}
